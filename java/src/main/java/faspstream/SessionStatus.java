package faspstream;

/** One session, as {@link EndpointMXBean} shows it. */
public interface SessionStatus {
    /**
     * The id, equal at both ends.
     *
     * @return the id
     */
    String getId();

    /**
     * Which way the bytes go.
     *
     * @return {@code PUSH} or {@code PULL}
     */
    String getDirection();

    /**
     * The name of the stream.
     *
     * @return the name, as the client gave it
     */
    String getStream();

    /**
     * Where the peer is.
     *
     * @return its address
     */
    String getRemoteAddress();

    /**
     * Who the peer has proven to be.
     *
     * @return the id of its access key, maybe empty
     */
    String getPrincipal();

    /**
     * What the reading application has taken.
     *
     * @return bytes
     */
    long getBytesDelivered();

    /**
     * The rate over the last quarter of a second.
     *
     * @return bits of payload per second
     */
    long getRateBitsPerSecond();

    /**
     * The round-trip time.
     *
     * @return milliseconds, smoothed
     */
    double getRttMillis();

    /**
     * The share of the datagrams that was lost.
     *
     * @return 0 to 1
     */
    double getLossRatio();

    /**
     * What limits the stream, in words.
     *
     * @return one sentence
     */
    String getDiagnosis();
}
