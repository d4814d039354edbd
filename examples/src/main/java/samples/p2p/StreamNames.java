package samples.p2p;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Which stream names a directory can hold: those that stay inside it. */
final class StreamNames {
    private StreamNames() {}

    /**
     * The file of a stream. A name is one or more parts with {@code /} between; no part may be empty or begin with a dot, so
     * there is no way up, no absolute name, and no clash with the hidden files of streams that are still coming in.
     *
     * @throws IOException that names the stream and what is allowed
     */
    static Path resolve(Path directory, String name) throws IOException {
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.startsWith(".") || part.chars().anyMatch(StreamNames::unfit)) {
                throw new IOException("the stream name '" + printable(name) + "' is not allowed here: its parts (between /) may not be empty,"
                        + " begin with a dot, or have a backslash, a colon or control characters in them");
            }
        }
        try {
            Path file = directory.resolve(name);
            requireInside(directory, file, name);
            return file;
        } catch (InvalidPathException e) {
            throw new IOException("the stream name '" + printable(name) + "' cannot be a file name here (" + e.getReason()
                    + "): where letters are the reason, start Java with LC_ALL=C.UTF-8", e);
        }
    }

    /** Links inside the directory could lead out of it: the nearest part that exists decides. */
    private static void requireInside(Path directory, Path file, String name) throws IOException {
        Path existing = file;
        while (!existing.toFile().exists()) {
            existing = existing.getParent();
        }
        if (!existing.toRealPath().startsWith(directory.toRealPath())) {
            throw new IOException("the stream name '" + printable(name) + "' leads out of the directory of this server");
        }
    }

    private static boolean unfit(int c) {
        return c == '\\' || c == ':' || Character.isISOControl(c) || c == 0xFFFD;
    }

    private static String printable(String name) {
        return name.codePoints().map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }
}
