package faspstream.internal;

import java.time.Duration;
import java.util.Objects;

/** Argument checks whose messages name the argument, its value and what is allowed. */
public final class Checks {
    private Checks() {}

    /** Refuses null with the name of the argument. */
    public static <T> T notNull(T value, String name) {
        return Objects.requireNonNull(value, () -> name + " is null");
    }

    /** Refuses a number outside {@code [min, max]}. */
    public static long range(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + value + ", allowed is " + min + " to " + max);
        }
        return value;
    }

    /** Refuses null, an empty text, one that is too long in UTF-8, and control characters. */
    public static String text(String name, String value, int maxBytes) {
        notNull(value, name);
        int bytes = value.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > maxBytes) {
            throw new IllegalArgumentException(
                    name + " has " + bytes + " bytes in UTF-8, allowed is 1 to " + maxBytes);
        }
        if (value.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(name + " holds a control character, allowed is printable text");
        }
        return value;
    }

    /** A time in nanoseconds, zero for "no limit"; refuses null and negative ones. Very long ones count as no limit. */
    public static long timeoutNanos(String name, Duration value) {
        notNull(value, name);
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + " is " + value + ", allowed is zero (no limit) or longer");
        }
        // 200 years: beyond it System.nanoTime() arithmetic could overflow.
        return value.getSeconds() > 200L * 365 * 86400 ? 0 : value.toNanos();
    }
}
