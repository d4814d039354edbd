package faspstream;

import faspstream.internal.Checks;
import faspstream.internal.Units;

/**
 * A data rate in bits per second (1 kbit is 1,000 bits). An immutable value.
 *
 * <p>Rates of the configuration speak of the wire: IP and UDP headers and retransmissions included. Measured rates say in their
 * documentation what they count.
 */
public final class Rate implements Comparable<Rate> {
    /** No limit. Compares as larger than any other rate. */
    public static final Rate UNLIMITED = new Rate(Units.UNLIMITED);

    private static final Rate ZERO = new Rate(0);

    private final long bitsPerSecond;

    private Rate(long bitsPerSecond) {
        this.bitsPerSecond = bitsPerSecond;
    }

    /**
     * A rate in bits per second.
     *
     * @param bitsPerSecond 0 or more; {@link Long#MAX_VALUE} is {@link #UNLIMITED}
     * @return the rate
     * @throws IllegalArgumentException if it is negative
     */
    public static Rate bps(long bitsPerSecond) {
        if (bitsPerSecond == Units.UNLIMITED) {
            return UNLIMITED;
        }
        Checks.range("rate in bit/s", bitsPerSecond, 0, Units.MAX_RATE);
        return bitsPerSecond == 0 ? ZERO : new Rate(bitsPerSecond);
    }

    /**
     * A rate in thousands of bits per second.
     *
     * @param kilobits 0 to 9,223,372,036,854,775
     * @return the rate
     * @throws IllegalArgumentException if it is out of range
     */
    public static Rate kbps(long kilobits) {
        return scaled("rate in kbit/s", kilobits, 1_000L);
    }

    /**
     * A rate in millions of bits per second.
     *
     * @param megabits 0 to 9,223,372,036,854
     * @return the rate
     * @throws IllegalArgumentException if it is out of range
     */
    public static Rate mbps(long megabits) {
        return scaled("rate in Mbit/s", megabits, 1_000_000L);
    }

    /**
     * A rate in thousands of millions of bits per second.
     *
     * @param gigabits 0 to 9,223,372,036
     * @return the rate
     * @throws IllegalArgumentException if it is out of range
     */
    public static Rate gbps(long gigabits) {
        return scaled("rate in Gbit/s", gigabits, 1_000_000_000L);
    }

    private static Rate scaled(String name, long value, long factor) {
        return bps(Checks.range(name, value, 0, Units.MAX_RATE / factor) * factor);
    }

    /**
     * Reads a rate such as {@code 250mbit}, {@code 1.5gbit}, {@code 64kbit}, {@code 800bit} or {@code unlimited}. Upper and lower case are
     * the same; {@code 250 Mbit/s} and {@code 250mbps} are understood too.
     *
     * @param text the text
     * @return the rate
     * @throws IllegalArgumentException if it is no rate; the message says what is allowed
     */
    public static Rate parse(String text) {
        return bps(Units.parseRate(Checks.notNull(text, "rate")));
    }

    /**
     * The number of bits per second.
     *
     * @return 0 or more; {@link Long#MAX_VALUE} if {@link #UNLIMITED}
     */
    public long bitsPerSecond() {
        return bitsPerSecond;
    }

    /**
     * The number of bytes per second, rounded down.
     *
     * @return 0 or more; {@link Long#MAX_VALUE} if {@link #UNLIMITED}
     */
    public long bytesPerSecond() {
        return isUnlimited() ? Long.MAX_VALUE : bitsPerSecond / 8;
    }

    /**
     * Tells whether this is {@link #UNLIMITED}.
     *
     * @return true if there is no limit
     */
    public boolean isUnlimited() {
        return bitsPerSecond == Units.UNLIMITED;
    }

    @Override
    public int compareTo(Rate other) {
        return Long.compare(bitsPerSecond, other.bitsPerSecond);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Rate && ((Rate) other).bitsPerSecond == bitsPerSecond;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(bitsPerSecond);
    }

    /**
     * The exact rate with its unit, such as {@code 250mbit}; {@link #parse} reads it back.
     *
     * @return the text
     */
    @Override
    public String toString() {
        return Units.formatRate(bitsPerSecond);
    }
}
