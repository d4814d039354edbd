package faspstream.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a native method throws: the engine's error, or a panic as code 18 (internal).
 *
 * <p>It carries no stack trace of its own; the public exception that is made from it does.
 */
public final class NativeFailure extends Exception {
    /** Number of "used after close". */
    public static final int CLOSED = 1;
    /** Number of "this end's application aborted". */
    public static final int ABORTED = 10;
    /** Number of "a bug of ours". */
    public static final int INTERNAL = 18;

    private static final long serialVersionUID = 1L;

    /** Number of the error code. */
    private final int code;
    /** Whether the same attempt may succeed later. */
    private final boolean retryable;
    /** Bytes that the reading application had taken. */
    private final long bytesDelivered;

    /**
     * Decodes what the bridge gives: code (4 bytes), retryable (1), bytes delivered (8), message (UTF-8, the rest); big-endian.
     */
    public NativeFailure(byte[] encoded) {
        this(ByteBuffer.wrap(encoded));
    }

    private NativeFailure(ByteBuffer in) {
        this(in.getInt(), in.get() != 0, in.getLong(), StandardCharsets.UTF_8.decode(in).toString());
    }

    /** A failure that was found on the Java side. */
    public NativeFailure(int code, boolean retryable, long bytesDelivered, String message) {
        super(message, null, false, false);
        this.code = code;
        this.retryable = retryable;
        this.bytesDelivered = bytesDelivered;
    }

    /** Number of the error code. */
    public int code() {
        return code;
    }

    /** Whether the same attempt may succeed later. */
    public boolean retryable() {
        return retryable;
    }

    /** Bytes that the reading application had taken. */
    public long bytesDelivered() {
        return bytesDelivered;
    }
}
