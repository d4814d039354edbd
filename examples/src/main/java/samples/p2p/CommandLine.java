package samples.p2p;

import faspstream.AccessKey;
import faspstream.Rate;
import faspstream.RatePolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The words and options of a command line: {@code --name value}, {@code --name=value}, {@code --flag}; {@code --} ends the
 * options. Values are checked when they are asked for.
 */
final class CommandLine {
    private final Map<String, String> values = new HashMap<>();
    private final Set<String> flags = new HashSet<>();
    private final List<String> words = new ArrayList<>();

    private CommandLine() {}

    static CommandLine parse(String[] args, Set<String> withValue, Set<String> withoutValue) throws UsageException {
        CommandLine line = new CommandLine();
        int i = 0;
        while (i < args.length) {
            String arg = args[i++];
            if (arg.equals("--")) {
                line.words.addAll(Arrays.asList(args).subList(i, args.length));
                break;
            }
            if (!arg.startsWith("--")) {
                line.words.add(arg);
                continue;
            }
            int equals = arg.indexOf('=');
            String name = equals < 0 ? arg : arg.substring(0, equals);
            if (withoutValue.contains(name) && equals < 0) {
                line.flags.add(name);
            } else if (!withValue.contains(name)) {
                throw new UsageException("unknown option " + arg + ": --help shows those that exist");
            } else if (equals < 0 && i == args.length) {
                throw new UsageException(name + " needs a value");
            } else {
                line.values.put(name, equals < 0 ? args[i++] : arg.substring(equals + 1));
            }
        }
        return line;
    }

    boolean has(String flag) {
        return flags.contains(flag);
    }

    List<String> words() {
        return Collections.unmodifiableList(words);
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** A TCP or UDP port. */
    Optional<Integer> port(String name, int smallest) throws UsageException {
        String value = values.get(name);
        if (value == null) {
            return Optional.empty();
        }
        try {
            int port = Integer.parseInt(value);
            if (port >= smallest && port <= 65_535) {
                return Optional.of(port);
            }
        } catch (NumberFormatException e) {
            // Falls through to the one message for every wrong port.
        }
        throw new UsageException(name + " is '" + value + "': allowed is " + smallest + " to 65535");
    }

    Optional<Rate> rate(String name) throws UsageException {
        String value = values.get(name);
        if (value == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Rate.parse(value));
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + ": " + e.getMessage());
        }
    }

    Optional<RatePolicy> policy(String name) throws UsageException {
        String value = values.get(name);
        if (value == null) {
            return Optional.empty();
        }
        for (RatePolicy policy : RatePolicy.values()) {
            if (policy.name().toLowerCase(Locale.ROOT).equals(value)) {
                return Optional.of(policy);
            }
        }
        throw new UsageException(name + " is '" + value + "': allowed is fixed, high, fair or low");
    }

    /** An access key as {@code ID:SECRET}. No message repeats the secret. */
    Optional<AccessKey> key(String name) throws UsageException {
        String value = values.get(name);
        if (value == null) {
            return Optional.empty();
        }
        int colon = value.indexOf(':');
        if (colon < 1 || colon == value.length() - 1) {
            throw new UsageException(name + " is not of the form ID:SECRET");
        }
        try {
            return Optional.of(AccessKey.of(value.substring(0, colon), value.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + ": " + e.getMessage());
        }
    }
}
