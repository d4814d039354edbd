package faspstream;

import java.time.Duration;

/**
 * A snapshot of a session's counters and estimates; immutable.
 *
 * <p>"Writing end" and "reading end" say which end of the stream knows a value: at the other it is 0 unless its documentation says more.
 * Counters accumulate from the begin of the session.
 */
public final class Stats {
    private static final int BYTES_ACCEPTED = 0;
    private static final int BYTES_SENT = 1;
    private static final int BYTES_ACKNOWLEDGED = 2;
    private static final int BYTES_DELIVERED = 3;
    private static final int BYTES_RECEIVED = 4;
    private static final int BYTES_DUPLICATE = 5;
    private static final int WIRE_BYTES_SENT = 6;
    private static final int WIRE_BYTES_RECEIVED = 7;
    private static final int DATAGRAMS_SENT = 8;
    private static final int DATAGRAMS_RECEIVED = 9;
    private static final int DATAGRAMS_LOST = 10;
    private static final int DATAGRAMS_RETRANSMITTED = 11;
    private static final int DATAGRAMS_DUPLICATE = 12;
    private static final int DATAGRAMS_REORDERED = 13;
    private static final int DATAGRAMS_REJECTED = 14;
    private static final int DATAGRAMS_DROPPED = 15;
    private static final int RTT = 16;
    private static final int RTT_MINIMUM = 17;
    private static final int RTT_VARIATION = 18;
    private static final int QUEUEING_DELAY = 19;
    private static final int CURRENT_RATE = 20;
    private static final int AVERAGE_RATE = 21;
    private static final int TARGET_RATE = 22;
    private static final int ACTUAL_RATE = 23;
    private static final int POLICY = 24;
    private static final int TRANSPORT = 25;
    private static final int BUFFER_USED = 26;
    private static final int BUFFER_SIZE = 27;
    private static final int MTU = 28;
    private static final int OUTAGES = 29;
    private static final int NATIVE_MEMORY = 30;
    private static final int ELAPSED = 31;
    /** How many numbers the bridge gives; a test asks both sides. */
    static final int COUNT = 32;

    private final long[] values;

    /** Takes over what the bridge gave. */
    Stats(long[] values) {
        this.values = values;
    }

    private Duration time(int index) {
        return Duration.ofNanos(values[index]);
    }

    private Rate rate(int index) {
        return Rate.bps(Math.max(0, values[index]));
    }

    /**
     * Bytes of the stream that the application handed in. Writing end; accumulates; bytes.
     *
     * @return bytes
     */
    public long bytesAccepted() {
        return values[BYTES_ACCEPTED];
    }

    /**
     * Bytes of the stream that were sent at least once. Writing end; accumulates; bytes.
     *
     * @return bytes
     */
    public long bytesSent() {
        return values[BYTES_SENT];
    }

    /**
     * Bytes of the stream that are known to have reached the peer without a gap. Writing end; accumulates; bytes.
     *
     * @return bytes
     */
    public long bytesAcknowledged() {
        return values[BYTES_ACKNOWLEDGED];
    }

    /**
     * Bytes of the stream that the reading application has taken. Exact at the reading end, as last heard at the writing end;
     * accumulates; bytes.
     *
     * @return bytes
     */
    public long bytesDelivered() {
        return values[BYTES_DELIVERED];
    }

    /**
     * Bytes of the stream that were received in order. Reading end; accumulates; bytes.
     *
     * @return bytes
     */
    public long bytesReceived() {
        return values[BYTES_RECEIVED];
    }

    /**
     * Bytes of the stream that arrived more than once. Exact at the reading end, as last heard at the writing end; accumulates; bytes.
     *
     * @return bytes
     */
    public long bytesDuplicate() {
        return values[BYTES_DUPLICATE];
    }

    /**
     * Bytes put on the wire, IP and UDP headers and retransmissions included. Both ends; accumulates; bytes.
     *
     * @return bytes
     */
    public long wireBytesSent() {
        return values[WIRE_BYTES_SENT];
    }

    /**
     * Bytes taken from the wire that were authentic, IP and UDP headers included. Both ends; accumulates; bytes.
     *
     * @return bytes
     */
    public long wireBytesReceived() {
        return values[WIRE_BYTES_RECEIVED];
    }

    /**
     * Datagrams sent, of all kinds. Both ends; accumulates.
     *
     * @return the count
     */
    public long datagramsSent() {
        return values[DATAGRAMS_SENT];
    }

    /**
     * Datagrams received that were authentic and new. Both ends; accumulates.
     *
     * @return the count
     */
    public long datagramsReceived() {
        return values[DATAGRAMS_RECEIVED];
    }

    /**
     * Data datagrams that were declared lost. Writing end; accumulates.
     *
     * @return the count
     */
    public long datagramsLost() {
        return values[DATAGRAMS_LOST];
    }

    /**
     * Data datagrams that carried bytes sent before. Writing end; accumulates.
     *
     * @return the count
     */
    public long datagramsRetransmitted() {
        return values[DATAGRAMS_RETRANSMITTED];
    }

    /**
     * Data datagrams that brought nothing new. Reading end; accumulates.
     *
     * @return the count
     */
    public long datagramsDuplicate() {
        return values[DATAGRAMS_DUPLICATE];
    }

    /**
     * Data datagrams that came after one that was sent later. Reading end; accumulates.
     *
     * @return the count
     */
    public long datagramsReordered() {
        return values[DATAGRAMS_REORDERED];
    }

    /**
     * Datagrams that were discarded: malformed, not authentic, replayed. Both ends; accumulates.
     *
     * @return the count
     */
    public long datagramsRejected() {
        return values[DATAGRAMS_REJECTED];
    }

    /**
     * Datagrams that the receiving system dropped before its engine saw them. Both ends; accumulates.
     *
     * @return the count
     */
    public long datagramsDropped() {
        return values[DATAGRAMS_DROPPED];
    }

    /**
     * The smoothed round-trip time. Both ends; the value now; zero until known.
     *
     * @return the time, never null
     */
    public Duration rtt() {
        return time(RTT);
    }

    /**
     * The smallest round-trip time of late. Both ends; the value now; zero until known.
     *
     * @return the time, never null
     */
    public Duration rttMinimum() {
        return time(RTT_MINIMUM);
    }

    /**
     * The variation of the round-trip time (RFC 9002 section 5.3). Both ends; the value now; zero until known.
     *
     * @return the time, never null
     */
    public Duration rttVariation() {
        return time(RTT_VARIATION);
    }

    /**
     * How long datagrams wait in queues on the way to the reader. Both ends; the value now, smoothed.
     *
     * @return the time, never null
     */
    public Duration queueingDelay() {
        return time(QUEUEING_DELAY);
    }

    /**
     * The rate at which bytes of the stream move, over the last quarter of a second or more. Both ends; the value now; stream bytes only.
     *
     * @return the rate, never null
     */
    public Rate currentRate() {
        return rate(CURRENT_RATE);
    }

    /**
     * The rate at which bytes of the stream moved since the session began. Both ends; the value now; stream bytes only.
     *
     * @return the rate, never null
     */
    public Rate averageRate() {
        return rate(AVERAGE_RATE);
    }

    /**
     * The cap in force. Both ends; the value now; wire bytes.
     *
     * @return the rate, never null
     */
    public Rate targetRate() {
        return rate(TARGET_RATE);
    }


    /**
     * The rate at which the sender puts datagrams on the wire. Writing end; the value now; wire bytes.
     *
     * @return the rate, never null
     */
    public Rate actualRate() {
        return rate(ACTUAL_RATE);
    }

    /**
     * How the session shares the network. Both ends; the value now.
     *
     * @return the policy
     */
    public RatePolicy policy() {
        return RatePolicy.values()[(int) values[POLICY]];
    }

    /**
     * What carries the bytes: UDP, or TCP where UDP is blocked. Both ends; the value now.
     *
     * @return the transport, never AUTO
     */
    public Transport transport() {
        return Transport.values()[(int) values[TRANSPORT]];
    }

    /**
     * Bytes of the stream that this end holds in memory. Both ends; the value now; bytes.
     *
     * @return bytes
     */
    public long bufferUsed() {
        return values[BUFFER_USED];
    }

    /**
     * The most bytes of the stream that this end may hold now. Both ends; the value now; bytes.
     *
     * @return bytes
     */
    public long bufferSize() {
        return values[BUFFER_SIZE];
    }

    /**
     * Bytes of the stream that have reached the peer and that its application has not taken, as last heard. Writing end; the value now.
     *
     * @return the count
     */
    public long peerBufferUsed() {
        return Math.max(0, values[BYTES_ACKNOWLEDGED] - values[BYTES_DELIVERED]);
    }

    /**
     * UDP payload of a full datagram. Both ends; the value now; bytes; 0 until known.
     *
     * @return bytes
     */
    public int mtu() {
        return (int) values[MTU];
    }

    /**
     * Silences of the network that the session has survived. Both ends; accumulates.
     *
     * @return the count
     */
    public long outages() {
        return values[OUTAGES];
    }

    /**
     * Memory outside of the Java heap that this session holds. Both ends; the value now; bytes.
     *
     * @return bytes
     */
    public long nativeMemory() {
        return values[NATIVE_MEMORY];
    }

    /**
     * The time since the session began, up to its end. Both ends; accumulates.
     *
     * @return the time, never null
     */
    public Duration elapsed() {
        return time(ELAPSED);
    }

    /**
     * The share of the sent datagrams that was declared lost. Writing end; over the whole session.
     *
     * @return 0.0 to 1.0
     */
    public double lossRatio() {
        return ratio(values[DATAGRAMS_LOST], values[DATAGRAMS_SENT]);
    }

    /**
     * The share of the sent datagrams that carried bytes sent before. Writing end; over the whole session.
     *
     * @return 0.0 to 1.0
     */
    public double retransmissionOverhead() {
        return ratio(values[DATAGRAMS_RETRANSMITTED], values[DATAGRAMS_SENT]);
    }

    private static double ratio(long part, long whole) {
        return whole <= 0 ? 0 : (double) part / whole;
    }

    /**
     * The numbers that matter most, on one line.
     *
     * @return the text, for people
     */
    @Override
    public String toString() {
        return String.format(
                java.util.Locale.ROOT,
                "Stats[delivered %d of %d bytes, %s, rtt %.1f ms, loss %.2f %%, %s]",
                bytesDelivered(),
                Math.max(bytesAccepted(), bytesReceived()),
                currentRate(),
                rtt().toNanos() / 1e6,
                lossRatio() * 100,
                transport());
    }
}
