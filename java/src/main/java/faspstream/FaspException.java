package faspstream;

import faspstream.internal.NativeFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A session, a connection or a configuration failed. The message says what happened, with the values, and what to do.
 *
 * <p>What is not a failure of the stream has the exceptions of the JDK: a wait that took too long is a
 * {@link java.net.SocketTimeoutException}, an interrupt an {@link java.io.InterruptedIOException} (streams) or a
 * {@link java.nio.channels.ClosedByInterruptException} (channels).
 */
public final class FaspException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    private final ErrorCode code;
    /** Whether the same attempt may succeed later. */
    private final boolean retryable;
    /** Bytes that the reading application had taken. */
    private final long bytesDelivered;
    /** What limited the stream; not carried through serialization. */
    private final transient Diagnosis diagnosis;
    /** The flight recorder, in UTF-8; not carried through serialization. */
    private final transient byte[] recording;

    FaspException(ErrorCode code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.retryable = code.retryable();
        this.bytesDelivered = 0;
        this.diagnosis = null;
        this.recording = null;
    }

    FaspException(NativeFailure failure, Diagnosis diagnosis, byte[] recording) {
        super(failure.getMessage(), failure.getCause());
        this.code = ErrorCode.of(failure.code());
        this.retryable = failure.retryable();
        this.bytesDelivered = failure.bytesDelivered();
        this.diagnosis = diagnosis;
        this.recording = recording;
    }

    FaspException(NativeFailure failure) {
        this(failure, null, null);
    }

    /**
     * What went wrong.
     *
     * @return the code, never null
     */
    public ErrorCode code() {
        return code;
    }

    /**
     * Tells whether the same attempt may succeed later without a change by the user.
     *
     * @return true if a retry makes sense
     */
    public boolean retryable() {
        return retryable;
    }

    /**
     * The bytes of the stream that the reading application had taken, as far as this end knew.
     *
     * @return bytes, 0 where no stream was open
     */
    public long bytesDelivered() {
        return bytesDelivered;
    }

    /**
     * What had limited the stream until it failed.
     *
     * @return the diagnosis; null where no stream was open, and after deserialization
     */
    public Diagnosis diagnosis() {
        return diagnosis;
    }

    /**
     * The last 64 KiB of protocol events before a session failed, for those who look into it: a qlog file, which qvis and the like read. It
     * holds the name of the stream, but no address, no key and no payload.
     *
     * @return JSON text; null where no stream was open or this end ended it, and after deserialization
     */
    public String recording() {
        return recording == null ? null : new String(recording, StandardCharsets.UTF_8);
    }
}
