package faspstream;

import faspstream.internal.Checks;
import faspstream.internal.Fields;
import faspstream.internal.Forgotten;
import faspstream.internal.Native;
import faspstream.internal.NativeFailure;
import faspstream.internal.Signal;
import faspstream.internal.Waits;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Waits for clients, and gives a {@link Session} for each stream that one of them pushes or pulls. All sessions share one TCP port (control)
 * and one UDP port (data).
 *
 * <pre>{@code
 * try (Server server = Server.builder().tcpPort(33001).accessKey(AccessKey.of("cam", secret)).start()) {
 *     while (true) {
 *         Session session = server.accept();
 *         executor.execute(() -> handle(session));
 *     }
 * }
 * }</pre>
 *
 * <p>Every method may be called from any thread at any time.
 */
public final class Server implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger("faspstream.server");

    private final ServerCore core;
    private final boolean completeOnClose;
    private final InetSocketAddress address;
    private final int udpPort;
    private final String keyPin;

    private Server(ServerCore core, boolean completeOnClose) throws NativeFailure {
        this.core = core;
        this.completeOnClose = completeOnClose;
        Fields info = new Fields(Native.serverInfo(core.handle()));
        this.address = SessionInfo.address(info.nextText(), info.nextInt());
        this.udpPort = info.nextInt();
        this.keyPin = info.nextText();
        core.show(address.getHostString() + ":" + address.getPort());
        Forgotten.watch(this, core, "server on " + address);
    }

    /**
     * Begins to describe a server.
     *
     * @return a builder with the values of the configuration
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Describes a server and starts it. */
    public static final class Builder extends EndpointBuilder<Builder> {
        private Authenticator authenticator;

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Asks about each session, after access keys, their limits and certificates have allowed it. Without it they alone decide.
         *
         * @param authenticator called on threads of its own
         * @return this
         */
        public Builder authenticator(Authenticator authenticator) {
            this.authenticator = Checks.notNull(authenticator, "authenticator");
            return this;
        }

        /**
         * Binds both ports and begins to take clients.
         *
         * @return the server, running
         * @throws FaspException with {@link ErrorCode#CONFIGURATION} (also for an address that is not loopback without an access key, a TLS certificate rule or an authenticator) or
         *     {@link ErrorCode#ADDRESS_IN_USE}; the message says what to do
         * @throws IOException if a file can't be read
         */
        public Server start() throws IOException {
            FaspStream.require();
            Settings settings = effective();
            byte[] config = settings.encode();
            ServerCore core = null;
            try {
                core = new ServerCore(Native.serverStart(config, authenticator != null), authenticator);
                return new Server(core, (Boolean) settings.get(Setting.COMPLETE_ON_CLOSE));
            } catch (NativeFailure f) {
                if (core != null) {
                    core.close(0);
                }
                throw new FaspException(f);
            } finally {
                Arrays.fill(config, (byte) 0);
            }
        }
    }

    /**
     * The address of the control port.
     *
     * @return the bound address, with the bound port also where 0 was asked for
     */
    public InetSocketAddress address() {
        return address;
    }

    /**
     * The TCP port of the control channel.
     *
     * @return the bound port, also where 0 was asked for
     */
    public int tcpPort() {
        return address.getPort();
    }

    /**
     * The UDP port of the data.
     *
     * @return the bound port, also where 0 was asked for
     */
    public int udpPort() {
        return udpPort;
    }

    /**
     * What clients may set as {@code tls.pin}: the digest of the public key in this server's certificate. Without {@code tls.cert} the
     * key is another one at each start.
     *
     * @return {@code sha256:} and 64 hexadecimal digits
     */
    public String keyPin() {
        return keyPin;
    }

    /**
     * Waits for the next session.
     *
     * @return the session, open; the caller closes it
     * @throws FaspException with {@link ErrorCode#CLOSED} if this is closed, also meanwhile
     * @throws java.io.InterruptedIOException if the thread was interrupted while waiting
     * @throws IOException declared for the sake of later versions
     */
    public Session accept() throws IOException {
        return accept(Duration.ZERO);
    }

    /**
     * Waits for the next session, for a time.
     *
     * @param timeout how long; zero for no limit, as with sockets
     * @return the session, open; the caller closes it
     * @throws SocketTimeoutException if none came in time
     * @throws FaspException with {@link ErrorCode#CLOSED} if this is closed, also meanwhile
     * @throws java.io.InterruptedIOException if the thread was interrupted while waiting
     * @throws IOException declared for the sake of later versions
     */
    public Session accept(Duration timeout) throws IOException {
        long deadline = Signal.deadline(Checks.timeoutNanos("timeout", timeout));
        Session[] accepted = new Session[1];
        try {
            if (!Waits.<IOException>until(core.signal(), deadline, "accept", () -> (accepted[0] = poll()) != null)) {
                throw new SocketTimeoutException("no session came within " + timeout + "; the server is still usable");
            }
            return accepted[0];
        } finally {
            // There may be another session, or this one was woken for one and leaves without it.
            if (!core.isClosing()) {
                core.signal().fireOne();
            }
            Reference.reachabilityFence(this);
        }
    }

    private Session poll() throws IOException {
        if (core.isClosing()) {
            throw closed(null);
        }
        try {
            long handle = Native.serverAccept(core.handle());
            if (handle == 0) {
                return null;
            }
            Session session = new Session(new SessionCore(handle), this, completeOnClose);
            core.book().add(session);
            return session;
        } catch (NativeFailure f) {
            throw core.isClosing() ? closed(f) : new FaspException(f);
        }
    }

    private static FaspException closed(Throwable cause) {
        return new FaspException(ErrorCode.CLOSED, "the server is closed; start a new one", cause);
    }

    /**
     * Serves all sessions from now on by {@code handler}, one task of {@code executor} for each, until this is closed. Returns at once.
     *
     * <p>A session is closed after its handler has returned. A handler that returns normally completes a stream that it wrote and did not end.
     * What a handler throws aborts its stream, with the message at the peer, and is logged. A session that the executor refuses is rejected.
     *
     * @param handler called for each session
     * @param executor runs the handlers; a handler may block, so it wants a thread for each session that is served at the same time
     */
    public void serve(SessionHandler handler, Executor executor) {
        Checks.notNull(handler, "handler");
        Checks.notNull(executor, "executor");
        Thread thread = new Thread(null, () -> serveLoop(handler, executor), "faspstream-serve-" + tcpPort(), 0, false);
        thread.setDaemon(true);
        thread.start();
    }

    private void serveLoop(SessionHandler handler, Executor executor) {
        while (true) {
            Session session;
            try {
                session = accept();
            } catch (IOException e) {
                if (!core.isClosing()) {
                    LOG.log(Level.WARNING, "no more sessions are served", e);
                }
                return;
            }
            try {
                executor.execute(() -> serve(session, handler));
            } catch (RejectedExecutionException e) {
                session.reject("the server has too much to do");
            }
        }
    }

    private static void serve(Session session, SessionHandler handler) {
        try (session) {
            handler.handle(session);
            if (session.core().info().isSender && session.core().outcome() == null) {
                session.output().leaveBody();
            }
        } catch (IOException | RuntimeException | Error e) {
            session.abort(FaspText.of(e));
            // That a session fails is the peer's or the network's doing; all else is worth a look here.
            LOG.log(e instanceof FaspException ? Level.FINE : Level.WARNING, "the handler of " + session + " failed", e);
        }
    }

    /**
     * The sessions that were accepted and are not over.
     *
     * @return a snapshot, in no order
     */
    public List<Session> sessions() {
        return core.book().sessions();
    }

    /**
     * Counters of this server.
     *
     * @return a snapshot of now; of the end, if this is closed
     */
    public ServerStats stats() {
        return core.stats();
    }

    /**
     * What JMX shows of this server, for those who gather figures in another way.
     *
     * @return always the same object, whose values are those of the moment; it keeps no server from being garbage
     */
    public EndpointMXBean management() {
        return core.bean();
    }

    /**
     * Changes the cap over all sessions together, while they run. Each session keeps its own cap below it.
     *
     * @param aggregate above 0, or {@link Rate#UNLIMITED}, which it is at the start
     * @throws IllegalStateException if this is closed
     */
    public void targetRate(Rate aggregate) {
        try {
            Native.serverTargetRate(core.handle(), Setting.target(Checks.notNull(aggregate, "targetRate")).bitsPerSecond());
        } catch (NativeFailure f) {
            throw new IllegalStateException(f.getMessage(), f);
        }
    }

    /**
     * Takes no more sessions, waits until the open ones are over, and closes.
     *
     * @param grace how long to wait; what is open then is aborted. An interrupt ends the wait and stays set
     */
    public void close(Duration grace) {
        Checks.notNull(grace, "grace");
        long nanos = grace.isZero() ? 0 : Checks.timeoutNanos("grace", grace);
        core.close(grace.isZero() || nanos != 0 ? nanos : Long.MAX_VALUE / 4);
    }

    /** Closes both ports; sessions that are still open are aborted. Waiting threads wake with an exception. Further calls do nothing. */
    @Override
    public void close() {
        core.close(0);
    }
}
