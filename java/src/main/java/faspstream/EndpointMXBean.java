package faspstream;

import java.util.List;

/**
 * What JMX shows of a server or a client. Its name is {@code faspstream:type=Server,name="127.0.0.1:33001",id=1}; for a client the name is the
 * address of the server. The beans come and go with what they show; {@code -Dfaspstream.jmx=false} leaves them out.
 *
 * <p>Where a value is said to be of the open sessions it is of those that are open at this end now.
 */
public interface EndpointMXBean {
    /**
     * The address of the control port.
     *
     * @return host and port
     */
    String getAddress();

    /**
     * Sessions that are open.
     *
     * @return the count
     */
    int getSessionsOpen();

    /**
     * Sessions that were opened since the start.
     *
     * @return the count, accumulating
     */
    long getSessionsOpened();

    /**
     * Sessions that completed since the start.
     *
     * @return the count, accumulating
     */
    long getSessionsCompleted();

    /**
     * Sessions that failed or were aborted since the start.
     *
     * @return the count, accumulating
     */
    long getSessionsFailed();

    /**
     * The rate of the open sessions together.
     *
     * @return bits of payload per second, over the last quarter of a second
     */
    long getRateBitsPerSecond();

    /**
     * The longest round-trip time of the open sessions.
     *
     * @return milliseconds, smoothed; 0 while unknown
     */
    double getRttMillis();

    /**
     * The longest queueing delay of the open sessions.
     *
     * @return milliseconds, smoothed; known at the ends that send
     */
    double getQueueingDelayMillis();

    /**
     * The share of the datagrams of the open sessions that was lost.
     *
     * @return 0 to 1; known at the ends that send
     */
    double getLossRatio();

    /**
     * The memory of the open sessions outside of the Java heap.
     *
     * @return bytes
     */
    long getNativeMemoryBytes();

    /**
     * Outages that the open sessions have survived.
     *
     * @return the count
     */
    long getOutages();

    /**
     * The open sessions one by one.
     *
     * @return in no order
     */
    List<SessionStatus> getSessions();
}
