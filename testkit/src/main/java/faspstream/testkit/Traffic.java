package faspstream.testkit;

/** What one direction of a {@link TestNetwork} has done with datagrams. */
public final class Traffic {
    static final int COUNT = 6;

    private final long[] values;

    Traffic(long[] values) {
        this.values = values;
    }

    /**
     * Datagrams that went in.
     *
     * @return the count
     */
    public long offered() {
        return values[0];
    }

    /**
     * Datagrams that came out.
     *
     * @return the count
     */
    public long delivered() {
        return values[1];
    }

    /**
     * Datagrams that were lost by chance or in an outage.
     *
     * @return the count
     */
    public long lost() {
        return values[2];
    }

    /**
     * Datagrams that found the queue of the bottleneck full.
     *
     * @return the count
     */
    public long queueFull() {
        return values[3];
    }

    /**
     * Datagrams that were larger than the MTU.
     *
     * @return the count
     */
    public long tooLarge() {
        return values[4];
    }

    /**
     * What came out, headers included.
     *
     * @return bytes
     */
    public long bytes() {
        return values[5];
    }

    /**
     * All counters.
     *
     * @return the text, for people
     */
    @Override
    public String toString() {
        return "Traffic[offered " + offered() + ", delivered " + delivered() + ", lost " + lost() + ", queue full " + queueFull() + ", too large "
                + tooLarge() + ", " + bytes() + " bytes]";
    }
}
