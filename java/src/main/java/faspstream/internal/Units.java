package faspstream.internal;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units, as configuration and people write them: rates, sizes, times. Exact: nothing is rounded silently. */
public final class Units {
    /** What stands for "no limit" where a rate is a number. */
    public static final long UNLIMITED = Long.MAX_VALUE;
    /** Highest rate but "no limit", in bits per second. */
    public static final long MAX_RATE = Long.MAX_VALUE - 1;

    /** What a rate may look like, for messages. */
    public static final String RATE_FORM = "a number with bit, kbit, mbit, gbit or tbit (such as 250mbit), or unlimited";
    /** What a size may look like, for messages. */
    public static final String SIZE_FORM = "a number with b, kb, mb, gb or tb (such as 64mb, of 1,024 each)";
    /** What a time may look like, for messages. */
    public static final String TIME_FORM = "a number with ms, s, m or h (such as 20s)";

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,19}(?:\\.[0-9]{1,18})?)\\s*([a-z/]*)");
    private static final String[] RATE_UNITS = {"bit", "kbit", "mbit", "gbit", "tbit"};
    private static final String[] SIZE_UNITS = {"b", "kb", "mb", "gb", "tb"};

    private Units() {}

    /** Reads a rate in bits per second; {@link #UNLIMITED} for "unlimited". */
    public static long parseRate(String text) {
        String lower = text.trim().toLowerCase(Locale.ROOT);
        if (lower.equals("unlimited")) {
            return UNLIMITED;
        }
        Matcher m = match(lower, text, "rate", RATE_FORM);
        String unit = m.group(2);
        if (unit.endsWith("/s")) {
            unit = unit.substring(0, unit.length() - 2);
        } else if (unit.endsWith("bps")) {
            unit = unit.substring(0, unit.length() - 3) + "bit";
        }
        int step = indexOf(RATE_UNITS, unit);
        if (step < 0 && !m.group(1).equals("0")) {
            throw notA("rate", text, RATE_FORM);
        }
        BigDecimal factor = BigDecimal.TEN.pow(3 * Math.max(step, 0));
        return exact(m.group(1), factor, "rate", text, RATE_FORM, MAX_RATE);
    }

    /** Writes a rate with the largest unit in which it is at least 1, exactly; {@link #parseRate} reads it back. */
    public static String formatRate(long bitsPerSecond) {
        if (bitsPerSecond == UNLIMITED) {
            return "unlimited";
        }
        int step = 0;
        BigDecimal value = BigDecimal.valueOf(bitsPerSecond);
        while (step < RATE_UNITS.length - 1 && value.compareTo(BigDecimal.valueOf(1000)) >= 0) {
            value = value.movePointLeft(3);
            step++;
        }
        return (value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString()) + RATE_UNITS[step];
    }

    /** Reads a size in bytes. */
    public static long parseSize(String text) {
        Matcher m = match(text.trim().toLowerCase(Locale.ROOT), text, "size", SIZE_FORM);
        int step = m.group(2).isEmpty() ? 0 : indexOf(SIZE_UNITS, m.group(2));
        if (step < 0) {
            throw notA("size", text, SIZE_FORM);
        }
        return exact(m.group(1), BigDecimal.valueOf(1L << (10 * step)), "size", text, SIZE_FORM, Long.MAX_VALUE);
    }

    /** Writes a size with the largest unit that divides it. */
    public static String formatSize(long bytes) {
        int step = 0;
        long value = bytes;
        while (step < SIZE_UNITS.length - 1 && value != 0 && value % 1024 == 0) {
            value /= 1024;
            step++;
        }
        return value + SIZE_UNITS[step];
    }

    /** Reads a time. */
    public static Duration parseTime(String text) {
        Matcher m = match(text.trim().toLowerCase(Locale.ROOT), text, "time", TIME_FORM);
        long nanos = nanosOf(m.group(2));
        if (nanos == 0) {
            throw notA("time", text, TIME_FORM);
        }
        return Duration.ofNanos(exact(m.group(1), BigDecimal.valueOf(nanos), "time", text, TIME_FORM, Long.MAX_VALUE));
    }

    /** Writes a time of whole milliseconds, in seconds where that is exact. */
    public static String formatTime(Duration time) {
        long millis = time.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    private static long nanosOf(String unit) {
        switch (unit) {
            case "us":
                return 1_000L;
            case "ms":
                return 1_000_000L;
            case "s":
                return 1_000_000_000L;
            case "m":
            case "min":
                return 60_000_000_000L;
            case "h":
                return 3_600_000_000_000L;
            default:
                return 0;
        }
    }

    private static Matcher match(String lower, String text, String what, String form) {
        Matcher m = NUMBER_AND_UNIT.matcher(lower);
        if (!m.matches()) {
            throw notA(what, text, form);
        }
        return m;
    }

    private static long exact(String number, BigDecimal factor, String what, String text, String form, long max) {
        BigDecimal value = new BigDecimal(number).multiply(factor);
        if (value.compareTo(BigDecimal.valueOf(max)) > 0) {
            throw new IllegalArgumentException("the " + what + " '" + text + "' is too large, allowed is at most " + max);
        }
        try {
            return value.setScale(0, RoundingMode.UNNECESSARY).longValueExact();
        } catch (ArithmeticException e) {
            throw notA(what, text, form);
        }
    }

    private static int indexOf(String[] units, String unit) {
        for (int i = 0; i < units.length; i++) {
            if (units[i].equals(unit)) {
                return i;
            }
        }
        return -1;
    }

    private static IllegalArgumentException notA(String what, String text, String form) {
        return new IllegalArgumentException("'" + text + "' is not a " + what + ", allowed is " + form);
    }
}
