package faspstream;

import faspstream.internal.Checks;
import faspstream.internal.Forgotten;
import faspstream.internal.Native;
import faspstream.internal.NativeFailure;
import faspstream.internal.Signal;
import faspstream.internal.Waits;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A connection to a server, over which streams are pushed and pulled: one after the other or many at the same time.
 *
 * <pre>{@code
 * try (Client client = Client.builder().host("10.0.0.2").accessKey(key).connect()) {
 *     Receipt receipt = client.push("camera-1", out -> source.transferTo(out));
 * }
 * }</pre>
 *
 * <p>Every method may be called from any thread at any time. {@link #close} ends the sessions that are still open.
 */
public final class Client implements AutoCloseable {
    private static final int MAX_STREAM_NAME = 1024;
    private static final int MAX_METADATA_ENTRIES = 64;
    private static final int MAX_METADATA_BYTES = 16 << 10;

    private final ClientCore core;
    private final boolean completeOnClose;
    private final Duration connectTimeout;

    private Client(ClientCore core, Settings settings) {
        this.core = core;
        this.completeOnClose = (Boolean) settings.get(Setting.COMPLETE_ON_CLOSE);
        this.connectTimeout = (Duration) settings.get(Setting.CONNECT_TIMEOUT);
        String address = settings.get(Setting.HOST) + ":" + settings.get(Setting.TCP_PORT);
        core.show(address);
        Forgotten.watch(this, core, "client of " + address);
    }

    /**
     * Begins to describe a client.
     *
     * @return a builder with the values of the configuration
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Describes a client and connects it. */
    public static final class Builder extends EndpointBuilder<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Connects to the server; waits until both ends have proven who they are.
         *
         * @return the client, connected
         * @throws FaspException with {@link ErrorCode#CONFIGURATION}, {@link ErrorCode#CONNECTION_REFUSED}, {@link ErrorCode#TIMEOUT} or
         *     {@link ErrorCode#AUTHENTICATION}; the message says what to do
         * @throws InterruptedIOException if the thread was interrupted while waiting
         * @throws IOException if a file can't be read
         */
        public Client connect() throws IOException {
            Settings settings = effective();
            ClientCore core = begin(settings);
            boolean connected = false;
            try {
                await(core, (Duration) settings.get(Setting.CONNECT_TIMEOUT));
                connected = true;
            } finally {
                if (!connected) {
                    core.close();
                }
            }
            return new Client(core, settings);
        }

        /**
         * Begins to connect to the server and returns at once. What is opened before both ends know each other is asked for with the
         * client's first words, sealed with its access key: its first byte comes a round trip earlier than behind {@link #connect()}.
         *
         * @return the client; the calls that open a session throw what {@link #connect()} would have thrown
         * @throws FaspException with {@link ErrorCode#CONFIGURATION}; the message says what to do
         * @throws IOException if a file can't be read
         */
        public Client start() throws IOException {
            Settings settings = effective();
            return new Client(begin(settings), settings);
        }

        private static ClientCore begin(Settings settings) throws IOException {
            FaspStream.require();
            byte[] config = settings.encode();
            try {
                return new ClientCore(Native.clientStart(config));
            } catch (NativeFailure f) {
                throw new FaspException(f);
            } finally {
                Arrays.fill(config, (byte) 0);
            }
        }

        private static void await(ClientCore core, Duration timeout) throws IOException {
            // The engine keeps the timeout and says more about it; this is the guard behind it.
            long deadline = Signal.deadline(timeout.toNanos() + 2_000_000_000L);
            try {
                if (!Waits.until(core.signal(), deadline, "connect", () -> Native.clientConnected(core.handle()))) {
                    throw new FaspException(ErrorCode.TIMEOUT, "connecting took longer than " + timeout, null);
                }
            } catch (NativeFailure f) {
                throw new FaspException(f);
            }
        }
    }

    /**
     * Opens a stream to the server. Prefer {@link #push(String, StreamWriter)}, which can't complete a stream by mistake.
     *
     * @param stream the name of the stream, 1 to 1,024 bytes in UTF-8 without control characters
     * @return the stream to write to; its {@code close()} completes it and closes the session
     * @throws IOException if the session can't be opened
     */
    public FaspOutputStream push(String stream) throws IOException {
        return open(Direction.PUSH, stream, Collections.emptyMap()).output();
    }

    /**
     * Opens a stream from the server.
     *
     * @param stream the name of the stream, 1 to 1,024 bytes in UTF-8 without control characters
     * @return the stream to read from; its {@code close()} closes the session
     * @throws IOException if the session can't be opened
     */
    public FaspInputStream pull(String stream) throws IOException {
        return open(Direction.PULL, stream, Collections.emptyMap()).input();
    }

    /**
     * Pushes one stream: it completes when the body returns, and aborts when it throws, with the message at the peer.
     *
     * @param stream the name of the stream, 1 to 1,024 bytes in UTF-8 without control characters
     * @param body what to write
     * @return the receipt, after the server's application has read it all
     * @throws IOException what the body threw, or why the stream could not be completed
     */
    public Receipt push(String stream, StreamWriter body) throws IOException {
        Checks.notNull(body, "body");
        try (Session session = open(Direction.PUSH, stream, Collections.emptyMap())) {
            return session.write(body);
        }
    }

    /**
     * Pulls one stream, and aborts it when the body throws, with the message at the peer.
     *
     * @param stream the name of the stream, 1 to 1,024 bytes in UTF-8 without control characters
     * @param body what to read with; what it leaves unread is skipped, up to 1 MiB: beyond that its return aborts the stream
     * @return the receipt, after the verified end
     * @throws IOException what the body threw, or why the stream did not come to its verified end
     */
    public Receipt pull(String stream, StreamReader body) throws IOException {
        Checks.notNull(body, "body");
        try (Session session = open(Direction.PULL, stream, Collections.emptyMap())) {
            return session.read(body);
        }
    }

    /**
     * Opens a session and waits until the server has taken it.
     *
     * @param direction push or pull
     * @param stream the name of the stream, 1 to 1,024 bytes in UTF-8 without control characters
     * @param metadata what to tell the server about it; at most 64 entries and 16 KiB in UTF-8, keys not empty
     * @return the session, open
     * @throws FaspException if the server refuses it or can't be reached, or this client is closed
     * @throws InterruptedIOException if the thread was interrupted while waiting
     * @throws IOException declared for the sake of later versions
     */
    public Session open(Direction direction, String stream, Map<String, String> metadata) throws IOException {
        Checks.notNull(direction, "direction");
        byte[] request = encode(direction, Checks.text("stream", stream, MAX_STREAM_NAME), checked(metadata));
        try {
            SessionCore session = new SessionCore(Native.clientOpen(core.handle(), request));
            awaitOpened(session);
            Session opened = new Session(session, this, completeOnClose);
            core.book().add(opened);
            return opened;
        } catch (NativeFailure f) {
            throw core.isReleased()
                    ? new FaspException(ErrorCode.CLOSED, "the client is closed; connect a new one", f)
                    : new FaspException(f);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private void awaitOpened(SessionCore session) throws IOException {
        boolean opened = false;
        try {
            long deadline = Signal.deadline(connectTimeout.toNanos());
            if (!Waits.<RuntimeException>until(session.signal(), deadline, "open", session::isOpened)) {
                throw new FaspException(ErrorCode.TIMEOUT, "opening the session took longer than " + connectTimeout, null);
            }
            session.refreshInfo();
            Outcome outcome = session.settle();
            if (outcome != null && outcome.failure != null) {
                throw outcome.exception();
            }
            opened = true;
        } finally {
            if (!opened) {
                session.abort("gave up waiting for the server");
            }
        }
    }

    private static Map<String, String> checked(Map<String, String> metadata) {
        Checks.range("metadata entries", Checks.notNull(metadata, "metadata").size(), 0, MAX_METADATA_ENTRIES);
        int bytes = 0;
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            Checks.text("metadata key", entry.getKey(), MAX_METADATA_BYTES);
            Checks.notNull(entry.getValue(), "metadata value of " + entry.getKey());
            bytes += utf8(entry.getKey()).length + utf8(entry.getValue()).length;
        }
        Checks.range("metadata bytes", bytes, 0, MAX_METADATA_BYTES);
        return metadata;
    }

    /** Direction (1 byte), stream (text), metadata (count, then texts), as {@code faspstream.internal.Fields} has them. */
    private static byte[] encode(Direction direction, String stream, Map<String, String> metadata) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(direction.ordinal());
            text(out, stream);
            out.writeInt(metadata.size());
            for (Map.Entry<String, String> entry : metadata.entrySet()) {
                text(out, entry.getKey());
                text(out, entry.getValue());
            }
        }
        return bytes.toByteArray();
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = utf8(text);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The sessions that were opened and are not over.
     *
     * @return a snapshot, in no order
     */
    public List<Session> sessions() {
        return core.book().sessions();
    }

    /**
     * What JMX shows of this client, for those who gather figures in another way.
     *
     * @return always the same object, whose values are those of the moment; it keeps no client from being garbage
     */
    public EndpointMXBean management() {
        return core.bean();
    }

    /** Closes the connection; sessions that are still open are aborted. Further calls do nothing. */
    @Override
    public void close() {
        core.close();
    }
}
