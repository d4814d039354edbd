package faspstream;

import faspstream.internal.Units;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.Locale;

/** Every configuration key: its default and how its text reads. A test holds this table against that of the engine. */
enum Setting {
    HOST("host", "127.0.0.1") {
        @Override
        Object parse(String text) {
            if (text.isEmpty() || text.length() > 253 || text.chars().anyMatch(Character::isWhitespace)) {
                throw new IllegalArgumentException("allowed is a host name or an IP address");
            }
            return text;
        }
    },
    TCP_PORT("tcp.port", "33001") {
        @Override
        Object parse(String text) {
            return integer(text, 0, 65535);
        }
    },
    UDP_PORT("udp.port", "33001") {
        @Override
        Object parse(String text) {
            return integer(text, 0, 65535);
        }
    },
    TARGET_RATE("target.rate", "unlimited") {
        @Override
        Object parse(String text) {
            return target(Rate.parse(text));
        }
    },
    MIN_RATE("min.rate", "0") {
        @Override
        Object parse(String text) {
            return minimum(Rate.parse(text));
        }
    },
    POLICY("policy", "fair") {
        @Override
        Object parse(String text) {
            return constant(RatePolicy.values(), text);
        }
    },
    CIPHER("cipher", "aes-128-gcm") {
        @Override
        Object parse(String text) {
            return constant(Cipher.values(), text);
        }
    },
    DIGEST("digest", "xxh3") {
        @Override
        Object parse(String text) {
            return constant(Digest.values(), text);
        }
    },
    ACCESS_KEY("access.key", "") {
        @Override
        Object parse(String text) {
            return AccessKey.parseList(text);
        }
    },
    ACCESS_KEY_FILE("access.key.file", "") {
        @Override
        Object parse(String text) {
            return path(text);
        }
    },
    TLS_CERT("tls.cert", "") {
        @Override
        Object parse(String text) {
            return path(text);
        }
    },
    TLS_KEY("tls.key", "") {
        @Override
        Object parse(String text) {
            return path(text);
        }
    },
    TLS_TRUST("tls.trust", "") {
        @Override
        Object parse(String text) {
            return path(text);
        }
    },
    TLS_PIN("tls.pin", "") {
        @Override
        Object parse(String text) {
            return text.isEmpty() ? null : pins(text.split(","));
        }
    },
    DATAGRAM_SIZE("datagram.size", "auto") {
        @Override
        Object parse(String text) {
            return text.equalsIgnoreCase("auto") ? AUTO : integer(text, MIN_DATAGRAM, MAX_DATAGRAM);
        }
    },
    BUFFER_SIZE("buffer.size", "auto") {
        @Override
        Object parse(String text) {
            return text.equalsIgnoreCase("auto") ? AUTO : size(text, MIN_BUFFER, MAX_BUFFER);
        }
    },
    BUFFER_MAX("buffer.max", "256mb") {
        @Override
        Object parse(String text) {
            return size(text, MIN_BUFFER, MAX_BUFFER);
        }
    },
    CONNECT_TIMEOUT("connect.timeout", "20s") {
        @Override
        Object parse(String text) {
            return time(Units.parseTime(text), MIN_TIMEOUT, MAX_TIMEOUT);
        }
    },
    OUTAGE_TIMEOUT("outage.timeout", "60s") {
        @Override
        Object parse(String text) {
            return time(Units.parseTime(text), MIN_TIMEOUT, MAX_TIMEOUT);
        }
    },
    MAX_SESSIONS("max.sessions", "1024") {
        @Override
        Object parse(String text) {
            return integer(text, 1, MAX_SESSION_COUNT);
        }
    },
    MAX_SESSIONS_PER_ADDRESS("max.sessions.per.address", "auto") {
        @Override
        Object parse(String text) {
            return text.equalsIgnoreCase("auto") ? AUTO : integer(text, 1, MAX_SESSION_COUNT);
        }
    },
    COMPLETE_ON_CLOSE("complete.on.close", "true") {
        @Override
        Object parse(String text) {
            if (text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false")) {
                return Boolean.valueOf(text);
            }
            throw new IllegalArgumentException("allowed is true or false");
        }
    },
    TRANSPORT("transport", "auto") {
        @Override
        Object parse(String text) {
            return constant(Transport.values(), text);
        }
    },
    DSCP("dscp", "default") {
        @Override
        Object parse(String text) {
            return text.equalsIgnoreCase("default") ? DEFAULT : integer(text, 0, 63);
        }
    };

    /** Stands for "auto" where a value is a number or chosen by the engine. */
    static final String AUTO = "auto";
    /** Stands for "as the policy says". */
    static final String DEFAULT = "default";
    static final long MIN_DATAGRAM = 256;
    static final long MAX_DATAGRAM = 65_000;
    static final long MIN_BUFFER = 64 << 10;
    static final long MAX_BUFFER = 64L << 30;
    static final Duration MIN_TIMEOUT = Duration.ofMillis(100);
    static final Duration MAX_TIMEOUT = Duration.ofHours(24);
    static final long MAX_SESSION_COUNT = 65_535;

    final String key;
    final String defaultText;

    Setting(String key, String defaultText) {
        this.key = key;
        this.defaultText = defaultText;
    }

    /** Reads a value from its text; an {@link IllegalArgumentException} says what is allowed. */
    abstract Object parse(String text);

    /** The text as the engine reads it: one spelling for each value, no unit that needs rounding. */
    static String canonical(Object value) {
        if (value instanceof Rate) {
            Rate rate = (Rate) value;
            return rate.isUnlimited() ? "unlimited" : rate.bitsPerSecond() + "bit";
        }
        if (value instanceof Duration) {
            return ((Duration) value).toMillis() + "ms";
        }
        if (value instanceof Enum) {
            return ((Enum<?>) value).name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
        return value.toString();
    }

    /** True if values of this key must not be printed. */
    boolean isSecret() {
        return this == ACCESS_KEY;
    }

    /** The setting with this key, or null. */
    static Setting of(String key) {
        for (Setting setting : values()) {
            if (setting.key.equals(key)) {
                return setting;
            }
        }
        return null;
    }

    /** The key that is spelled most like {@code key}. */
    static String nearest(String key) {
        String nearest = null;
        int least = Integer.MAX_VALUE;
        for (Setting setting : values()) {
            int distance = Spelling.distance(key.toLowerCase(Locale.ROOT), setting.key);
            if (distance < least) {
                least = distance;
                nearest = setting.key;
            }
        }
        return nearest;
    }

    /** All keys, for messages. */
    static String allKeys() {
        StringBuilder keys = new StringBuilder();
        for (Setting setting : values()) {
            keys.append(keys.length() == 0 ? "" : ", ").append(setting.key);
        }
        return keys.toString();
    }

    static Rate target(Rate rate) {
        if (rate.bitsPerSecond() == 0) {
            throw new IllegalArgumentException("target rate is " + rate + ", allowed is a rate above 0, or unlimited");
        }
        return rate;
    }

    static Rate minimum(Rate rate) {
        if (rate.isUnlimited()) {
            throw new IllegalArgumentException("minimum rate is unlimited, allowed is 0 up to the target rate");
        }
        return rate;
    }

    static Duration time(Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(
                    "time is " + value + ", allowed is " + Units.formatTime(min) + " to " + Units.formatTime(max));
        }
        return value;
    }

    private static Long integer(String text, long min, long max) {
        try {
            long value = Long.parseLong(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message that says what is allowed
        }
        throw new IllegalArgumentException("allowed is a whole number from " + min + " to " + max);
    }

    private static Long size(String text, long min, long max) {
        long value = Units.parseSize(text);
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    "allowed is " + Units.formatSize(min) + " to " + Units.formatSize(max));
        }
        return value;
    }

    private static Path path(String text) {
        try {
            return text.isEmpty() ? null : Paths.get(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("allowed is the path of a file", e);
        }
    }

    /** Pins in one spelling, separated by commas. */
    static String pins(String... pins) {
        StringBuilder all = new StringBuilder();
        for (String pin : pins) {
            String digits = pin.trim().toLowerCase(Locale.ROOT);
            digits = (digits.startsWith("sha256:") ? digits.substring(7) : digits).replace(":", "");
            if (!digits.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException(
                        "'" + pin + "' is no pin, allowed are the 64 hexadecimal digits of a SHA-256 over the server's public key");
            }
            all.append(all.length() == 0 ? "sha256:" : ",sha256:").append(digits);
        }
        return all.toString();
    }

    private static <E extends Enum<E>> E constant(E[] values, String text) {
        StringBuilder allowed = new StringBuilder("allowed is ");
        for (E value : values) {
            if (canonical(value).equalsIgnoreCase(text)) {
                return value;
            }
            allowed.append(value.ordinal() == 0 ? "" : ", ").append(canonical(value));
        }
        throw new IllegalArgumentException(allowed.toString());
    }
}
