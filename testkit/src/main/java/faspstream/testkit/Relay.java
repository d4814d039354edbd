package faspstream.testkit;

import faspstream.internal.NativeLoader;
import java.util.concurrent.atomic.AtomicBoolean;

/** The native relay: see the crate {@code faspstream-testkit}. */
final class Relay implements AutoCloseable {
    /** Names the file or directory of the native library, instead of the one in the jar. */
    private static final String PATH_PROPERTY = "faspstream.testkit.library.path";

    static {
        NativeLoader.load("faspstream_testkit", PATH_PROPERTY, Relay.class);
    }

    private final long handle;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Starts from lines of {@code key=value}. */
    Relay(String settings) {
        handle = start(settings);
    }

    int tcpPort() {
        return tcpPort(handle);
    }

    void rate(long bitsPerSecond) {
        rate(handle, bitsPerSecond);
    }

    void rtt(long nanos) {
        rtt(handle, nanos);
    }

    void loss(double share) {
        loss(handle, share);
    }

    void outage(long nanos) {
        outage(handle, nanos);
    }

    long[] counts() {
        return counts(handle);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            stop(handle);
        }
    }

    private static native long start(String settings);

    private static native int tcpPort(long handle);

    private static native void rate(long handle, long bitsPerSecond);

    private static native void rtt(long handle, long nanos);

    private static native void loss(long handle, double share);

    private static native void outage(long handle, long nanos);

    private static native long[] counts(long handle);

    private static native void stop(long handle);
}
