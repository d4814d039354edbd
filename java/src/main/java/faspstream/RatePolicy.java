package faspstream;

/** How a session shares the network with other traffic. None of them ever sends faster than the target rate. */
public enum RatePolicy {
    /** Sends at the target rate whatever the network says. Only for links that are yours alone. */
    FIXED,
    /** Adapts, and takes about twice the share of {@link #FAIR}. */
    HIGH,
    /** Adapts, and takes an equal share among its kind and beside TCP. The default. */
    FAIR,
    /** Yields to everything else and marks its packets as lower effort (LE, RFC 8622) unless {@code dscp} is set. */
    LOW
}
