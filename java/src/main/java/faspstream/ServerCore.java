package faspstream;

import faspstream.internal.Endpoint;
import faspstream.internal.Native;
import faspstream.internal.NativeFailure;
import faspstream.internal.Ready;
import faspstream.internal.Signal;
import faspstream.internal.Waits;
import java.io.InterruptedIOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** The handle of a server and the sessions that it gave out. Holds no reference to its {@link Server}. */
final class ServerCore extends Endpoint {
    /** How long the engine may take over its farewells beyond the grace. */
    private static final long FAREWELL_NANOS = 3_000_000_000L;

    private final SessionBook book = new SessionBook();
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean gone;
    private volatile Runnable hide = () -> {};
    private volatile EndpointMXBean bean;
    private volatile ServerStats lastStats = new ServerStats(new long[ServerStats.COUNT]);

    /** Null if nobody is asked. */
    private final Authenticator authenticator;

    ServerCore(long handle, Authenticator authenticator) {
        super(handle);
        this.authenticator = authenticator;
        register();
    }

    @Override
    protected void onReady(int bits) {
        if ((bits & Ready.GONE) != 0) {
            gone = true;
        }
        if ((bits & Ready.ASKED) != 0) {
            Questions.takeAll(handle(), authenticator);
        }
        if (bits == Ready.ACCEPT) {
            // Thousands may wait for a session that one of them gets.
            signal().fireOne();
        } else {
            signal().fire();
        }
    }

    boolean isClosing() {
        return closing.get();
    }

    /** The server is bound: shows it to management. */
    void show(String address) {
        bean = new EndpointBean(address, book);
        hide = Management.show("Server", bean);
    }

    EndpointMXBean bean() {
        return bean;
    }

    SessionBook book() {
        return book;
    }

    ServerStats stats() {
        if (!isReleased()) {
            try {
                lastStats = new ServerStats(Native.serverStats(handle()));
            } catch (NativeFailure f) {
                // released in this moment: the last snapshot stays
            }
        }
        return lastStats;
    }

    @Override
    protected boolean abandon() {
        if (isReleased()) {
            return false;
        }
        closing.set(true);
        release();
        hide.run();
        return true;
    }

    /** Ends the server once; waits for its sessions up to {@code graceNanos}. An interrupt ends the wait and stays set. */
    void close(long graceNanos) {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        signal().fire();
        stats();
        try {
            Native.serverClose(handle(), graceNanos / 1_000_000);
            Waits.<RuntimeException>until(signal(), Signal.deadline(graceNanos + FAREWELL_NANOS), "close", () -> gone);
        } catch (NativeFailure | InterruptedIOException e) {
            // closed by itself already, or in a hurry: what is left ends now
        }
        book.cores().forEach(SessionCore::close);
        release();
        hide.run();
    }
}
