package faspstream;

/** A snapshot of a server's counters; immutable. Counters accumulate from the start of the server. */
public final class ServerStats {
    private static final int SESSIONS_ACTIVE = 0;
    private static final int SESSIONS_OPENED = 1;
    private static final int SESSIONS_COMPLETED = 2;
    private static final int SESSIONS_FAILED = 3;
    private static final int SESSIONS_REFUSED = 4;
    private static final int CONNECTIONS = 5;
    private static final int CONNECTIONS_HALF_OPEN = 6;
    private static final int HANDSHAKES_FAILED = 7;
    private static final int DATAGRAMS_UNKNOWN = 8;
    private static final int UDP_RECEIVE_BUFFER = 9;
    /** How many numbers the bridge gives; a test asks both sides. */
    static final int COUNT = 10;

    private final long[] values;

    /** Takes over what the bridge gave. */
    ServerStats(long[] values) {
        this.values = values;
    }

    /**
     * Sessions that are open now.
     *
     * @return the count
     */
    public long sessionsActive() {
        return values[SESSIONS_ACTIVE];
    }

    /**
     * Sessions that clients have opened; accumulates.
     *
     * @return the count
     */
    public long sessionsOpened() {
        return values[SESSIONS_OPENED];
    }

    /**
     * Sessions that completed; accumulates.
     *
     * @return the count
     */
    public long sessionsCompleted() {
        return values[SESSIONS_COMPLETED];
    }

    /**
     * Sessions that ended without completion; accumulates.
     *
     * @return the count
     */
    public long sessionsFailed() {
        return values[SESSIONS_FAILED];
    }

    /**
     * Sessions that were refused: too many, a name that is not allowed, closing down; accumulates.
     *
     * @return the count
     */
    public long sessionsRefused() {
        return values[SESSIONS_REFUSED];
    }

    /**
     * Control connections that are open and authenticated now.
     *
     * @return the count
     */
    public long connections() {
        return values[CONNECTIONS];
    }

    /**
     * Control connections that have not authenticated yet.
     *
     * @return the count
     */
    public long connectionsHalfOpen() {
        return values[CONNECTIONS_HALF_OPEN];
    }

    /**
     * Handshakes that failed: wrong key or certificate, broken protocol, too slow; accumulates.
     *
     * @return the count
     */
    public long handshakesFailed() {
        return values[HANDSHAKES_FAILED];
    }

    /**
     * Datagrams that belonged to no session; accumulates.
     *
     * @return the count
     */
    public long datagramsUnknown() {
        return values[DATAGRAMS_UNKNOWN];
    }

    /**
     * The UDP receive buffer that the system granted.
     *
     * @return bytes
     */
    public long udpReceiveBuffer() {
        return values[UDP_RECEIVE_BUFFER];
    }

    /**
     * The numbers that matter most, on one line.
     *
     * @return the text, for people
     */
    @Override
    public String toString() {
        return "ServerStats[" + sessionsActive() + " active, " + sessionsCompleted() + " completed, " + sessionsFailed()
                + " failed, " + sessionsRefused() + " refused]";
    }
}
