package faspstream;

import faspstream.internal.Fields;
import java.time.Instant;

/**
 * The proof of a completed stream: the reading application has taken all of it, and both ends computed the same digest. Immutable; both ends
 * get one.
 */
public final class Receipt {
    private final long bytes;
    private final byte[] digest;
    private final String digestAlgorithm;
    private final Instant started;
    private final Instant ended;
    private final Rate averageRate;
    private final String sessionId;
    private final String peer;

    /** Decodes what the bridge gives, in the order of the fields. */
    Receipt(byte[] encoded) {
        Fields in = new Fields(encoded);
        bytes = in.nextLong();
        digest = in.nextBytes();
        digestAlgorithm = in.nextText();
        started = instant(in.nextLong());
        ended = instant(in.nextLong());
        averageRate = Rate.bps(Math.max(0, in.nextLong()));
        sessionId = in.nextText();
        peer = in.nextText();
    }

    private static Instant instant(long epochNanos) {
        return Instant.ofEpochSecond(Math.floorDiv(epochNanos, 1_000_000_000L), Math.floorMod(epochNanos, 1_000_000_000L));
    }

    /**
     * The length of the stream.
     *
     * @return bytes
     */
    public long bytes() {
        return bytes;
    }

    /**
     * The digest of the whole stream.
     *
     * @return a copy
     */
    public byte[] digest() {
        return digest.clone();
    }

    /**
     * How {@link #digest} is computed.
     *
     * @return {@code XXH3-128}, or {@code BLAKE3} where the client asked for {@link Digest#BLAKE3}
     */
    public String digestAlgorithm() {
        return digestAlgorithm;
    }

    /**
     * When the session began, by the clock of this machine.
     *
     * @return the moment
     */
    public Instant started() {
        return started;
    }

    /**
     * When the last byte was known to be delivered, by the clock of this machine.
     *
     * @return the moment
     */
    public Instant ended() {
        return ended;
    }

    /**
     * Bytes of the stream over the time from begin to end.
     *
     * @return the rate
     */
    public Rate averageRate() {
        return averageRate;
    }

    /**
     * The id of the session, equal at both ends.
     *
     * @return the id
     */
    public String sessionId() {
        return sessionId;
    }

    /**
     * Who the peer has proven to be: the id of its access key.
     *
     * @return the id; empty where the peer needed none
     */
    public String peer() {
        return peer;
    }

    /**
     * The digest in hexadecimal, for comparing by eye.
     *
     * @return lower-case digits
     */
    public String digestHex() {
        StringBuilder hex = new StringBuilder(2 * digest.length);
        for (byte b : digest) {
            hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return hex.toString();
    }

    /**
     * Bytes, digest and rate on one line.
     *
     * @return the text, for people
     */
    @Override
    public String toString() {
        return "Receipt[" + bytes + " bytes, " + digestAlgorithm + " " + digestHex() + ", " + averageRate + ", session "
                + sessionId + "]";
    }
}
