package faspstream;

/**
 * What went wrong, for programs: every {@link FaspException} carries one.
 *
 * <p>The {@linkplain #number() numbers} are part of the wire format and of the native interface and are never reused.
 */
public enum ErrorCode {
    /** The object was used after it was closed at this end. */
    CLOSED(1, false),
    /** Connecting or the handshake took longer than {@code connect.timeout}. */
    TIMEOUT(2, true),
    /** Nobody listens at that address and TCP port. */
    CONNECTION_REFUSED(3, true),
    /** The peer's process or host went away. */
    CONNECTION_LOST(4, true),
    /** Nothing was heard from the peer for {@code outage.timeout}. */
    OUTAGE(5, true),
    /** The access key or the certificate was not accepted, by this end or by the peer. */
    AUTHENTICATION(6, false),
    /** The proven key does not allow this. */
    PERMISSION(7, false),
    /** The peer's application rejected the stream before any byte; the message carries its reason. */
    REJECTED(8, false),
    /** The peer's application aborted the stream; the message carries its reason. */
    ABORTED_BY_PEER(9, false),
    /** This end's application aborted the stream. */
    ABORTED(10, false),
    /** Length or digest disagree, or too many forged datagrams came. */
    INTEGRITY(11, true),
    /** The peer broke the wire format. */
    PROTOCOL(12, false),
    /** The two ends have no protocol version in common. */
    VERSION(13, false),
    /** A configured value that is not allowed; the message names the source, the key and what is allowed. */
    CONFIGURATION(14, false),
    /** The TCP or UDP port is taken. */
    ADDRESS_IN_USE(15, false),
    /** A limit of sessions, memory or file descriptors is reached. */
    RESOURCES(16, true),
    /** The operating system reported an error. */
    IO(17, true),
    /** A bug of this library; the session is dead, the process is not. */
    INTERNAL(18, false),
    /** The peer is closing down. */
    SHUTDOWN(19, true),
    /** The waiting thread was interrupted. */
    INTERRUPTED(20, false),
    /** A stream was closed without {@code complete()} where that counts as an abort ({@code complete.on.close=false}). */
    INCOMPLETE(21, false);

    private final int number;
    private final boolean retryable;

    ErrorCode(int number, boolean retryable) {
        this.number = number;
        this.retryable = retryable;
    }

    /**
     * The number of this code on the wire and in the native interface.
     *
     * @return 1 or more
     */
    public int number() {
        return number;
    }

    /**
     * Tells whether the same attempt may succeed later without a change by the user.
     *
     * @return true if a retry makes sense
     */
    public boolean retryable() {
        return retryable;
    }

    /** The code with this number; one that this version does not know reads as {@link #INTERNAL}. */
    static ErrorCode of(int number) {
        for (ErrorCode code : values()) {
            if (code.number == number) {
                return code;
            }
        }
        return INTERNAL;
    }
}
