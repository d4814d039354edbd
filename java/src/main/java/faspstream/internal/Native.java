package faspstream.internal;

import java.nio.ByteBuffer;

/**
 * Every native method of the library, and nothing else. The Rust table {@code rust/jni/src/table.rs} registers them when the library loads.
 *
 * <p>Rules of the bridge: no call waits, but {@link #poll}, which is for the poller thread. A handle is a generation and an index, never a
 * pointer: a stale or made-up one is a failure with code "closed". A panic arrives as a {@link NativeFailure} with code "internal"; in
 * methods without a {@code throws} clause as an {@link IllegalStateException}.
 */
public final class Native {
    /** Number of this interface; the library refuses a jar with another one. Raise it with every change of a method below. */
    public static final int ABI = 3;

    /** What {@link #read} gives when nothing is there: wait for {@link Ready#READABLE}. */
    public static final int EMPTY = 0;
    /** What {@link #read} gives at the verified end of the stream. */
    public static final int END = -1;

    /** What {@link #sessionState} gives before the peer's engine has accepted. */
    public static final int OPENING = 0;
    /** What {@link #sessionState} gives while the stream runs. */
    public static final int OPEN = 1;
    /** What {@link #sessionState} gives when the receipt is there. */
    public static final int COMPLETED = 2;

    static {
        NativeLoader.load();
    }

    private Native() {}

    /** Makes sure that the library is loaded; throws what went wrong if it can't be. */
    public static void initialize() {
        // the static initializer has done it
    }

    // ---- the library

    /** Version of the engine. */
    public static native String version();

    /** The engine's configuration table: lines of key, tab, default. */
    public static native String configTable();

    /** The names and signatures of the table that registered these methods, a line each; for the test that compares. */
    static native String methodTable();

    // ---- events and logs

    /** Waits up to {@code millis} for events; fills pairs of handle and {@link Ready} bits; gives the number of pairs. */
    static native int poll(long[] events, int millis);

    /** Ends the current or the next {@link #poll} at once. */
    static native void wake();

    /** The most detailed level to keep: 0 off, 1 error, 2 warn, 3 info, 4 debug, 5 trace. */
    static native void logLevel(int level);

    /** True if {@link #takeLogs} has something. */
    static native boolean hasLogs();

    /** The log records since the last call: level (1 byte), epoch milliseconds (8), target (text), message (text); null if none. */
    static native byte[] takeLogs();

    // ---- handles

    /** Gives a handle back. The session, client or server behind it is closed; a stale handle is ignored. */
    static native void release(long handle);

    // ---- server

    /** Binds and starts a server from lines of key=value; wipes nothing. With {@code asks} every session is a question first. */
    public static native long serverStart(byte[] config, boolean asks) throws NativeFailure;

    /** The next question, null if there is none: number (8 bytes), what {@code faspstream.AccessRequest} reads. */
    public static native byte[] serverQuestion(long server) throws NativeFailure;

    /** Answers a question, once: a refusal is the reason for the peer, in UTF-8; null is a yes. */
    public static native void serverAnswer(long server, long number, byte[] refusal) throws NativeFailure;

    /** Its addresses and key: IP (text), TCP port (4 bytes), UDP port (4), what clients may pin (text). */
    public static native byte[] serverInfo(long server) throws NativeFailure;

    /** The handle of the next session, 0 if there is none: wait for {@link Ready#ACCEPT}. */
    public static native long serverAccept(long server) throws NativeFailure;

    /** Counters in the order of {@code faspstream.ServerStats}. */
    public static native long[] serverStats(long server) throws NativeFailure;

    /** The cap over all sessions, in bits per second; {@link Long#MAX_VALUE} for none. */
    public static native void serverTargetRate(long server, long bitsPerSecond) throws NativeFailure;

    /** Begins to close: no new session, the running ones have {@code graceMillis}; {@link Ready#GONE} when done. */
    public static native void serverClose(long server, long graceMillis) throws NativeFailure;

    // ---- client

    /** Begins to connect from lines of key=value; {@link Ready#CONNECTED} or {@link Ready#ENDED} follow. */
    public static native long clientStart(byte[] config) throws NativeFailure;

    /** True if connected, false while connecting. */
    public static native boolean clientConnected(long client) throws NativeFailure;

    /** Begins to open a session: direction (1 byte), stream (text), metadata (map). {@link Ready#OPENED} or {@link Ready#ENDED} follow. */
    public static native long clientOpen(long client, byte[] request) throws NativeFailure;

    /** Begins to close the client and abort its sessions; {@link Ready#GONE} when done. */
    public static native void clientClose(long client) throws NativeFailure;

    // ---- session

    /** What stays the same: id, direction (1 byte), stream, metadata, remote IP, remote port (4), principal, sender (1 byte). */
    public static native byte[] sessionInfo(long session) throws NativeFailure;

    /** {@link #OPENING}, {@link #OPEN} or {@link #COMPLETED}; a failed session throws what it failed of. */
    public static native int sessionState(long session) throws NativeFailure;

    /** Bytes read into {@code into[offset, offset+length)}, or {@link #EMPTY} or {@link #END}. */
    public static native int read(long session, byte[] into, int offset, int length) throws NativeFailure;

    /** The same into a direct buffer, from an index that is not relative to its position. */
    public static native int readDirect(long session, ByteBuffer into, int index, int length) throws NativeFailure;

    /** Bytes taken from {@code from[offset, offset+length)}; 0 if the buffer is full: wait for {@link Ready#WRITABLE}. */
    public static native int write(long session, byte[] from, int offset, int length) throws NativeFailure;

    /** The same from a direct buffer, from an index that is not relative to its position. */
    public static native int writeDirect(long session, ByteBuffer from, int index, int length) throws NativeFailure;

    /** Bytes that can be read without waiting. */
    public static native long available(long session) throws NativeFailure;

    /**
     * Waits up to so many microseconds, after a read or write that gave nothing, in the place of {@link Ready#READABLE} and
     * {@link Ready#WRITABLE}; true if something has happened. Look again in any case before an event is waited for.
     */
    public static native boolean rest(long session, int micros) throws NativeFailure;

    /** Hands a partly filled datagram to the network. */
    public static native void flush(long session) throws NativeFailure;

    /** Begins to complete the stream; {@link Ready#ENDED} follows. */
    public static native void finish(long session) throws NativeFailure;

    /** From now on the writer's completion waits for {@link #confirm}. */
    public static native void holdCompletion(long session) throws NativeFailure;

    /** Confirms a stream that was read to its verified end; {@link Ready#ENDED} follows. */
    public static native void confirm(long session) throws NativeFailure;

    /** Null until completed: bytes, digest, algorithm, started and ended (epoch nanoseconds), bit/s, session id, peer. */
    public static native byte[] receipt(long session) throws NativeFailure;

    /** Counters in the order of {@code faspstream.Stats}. */
    public static native long[] stats(long session) throws NativeFailure;

    /** Limit now (1 byte), count of limits (4), share of each from 0 to 1 (8 each), sentence (text). */
    public static native byte[] diagnose(long session) throws NativeFailure;

    /** The flight recorder: the last protocol events as qlog, JSON in UTF-8. */
    public static native byte[] recording(long session) throws NativeFailure;

    /** Changes the cap; {@link Long#MAX_VALUE} for none. */
    public static native void targetRate(long session, long bitsPerSecond) throws NativeFailure;

    /** Changes the floor. */
    public static native void minRate(long session, long bitsPerSecond) throws NativeFailure;

    /** Changes the policy, by its ordinal. */
    public static native void policy(long session, int policy) throws NativeFailure;

    /** Rejects the session before any byte. */
    public static native void reject(long session, byte[] reason) throws NativeFailure;

    /** Aborts the stream with a reason for the peer, in UTF-8. */
    public static native void abort(long session, byte[] reason) throws NativeFailure;

    // ---- tests

    /** Panics in the bridge with this message, or with {@code in METHOD} in the next call of that method; refused unless the system property {@code faspstream.internal.test} is true. */
    static void panicForTest(String message) throws NativeFailure {
        if (!Boolean.getBoolean("faspstream.internal.test")) {
            throw new IllegalStateException("only for tests");
        }
        panic(message);
    }

    private static native void panic(String message) throws NativeFailure;
}
