package samples.p2p;

import faspstream.Client;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A client that pushes a stream to a server or pulls one from it. Without arguments it pushes a generated stream, pulls it back
 * and compares the two.
 *
 * <p>The order of things: build the client and connect it; push or pull with a body that writes or reads the bytes; when the body
 * returns the stream is completed, when it throws the stream is aborted and the other end is told.
 */
public final class GenericClientExample {
    private static final String USAGE = String.join(System.lineSeparator(),
            "usage: GenericClientExample [push NAME [FILE|-] | pull NAME [FILE|-]] [options]",
            "  push NAME [FILE|-]  push a file, or standard input, under this name",
            "  pull NAME [FILE|-]  pull the stream of this name into a file, or to standard output",
            "  (neither)           push a generated stream of 256 MiB, pull it back, compare the digests",
            "  --host ADDR         the server's address (default: host of faspstream.properties, else 127.0.0.1)",
            "  --port N            the server's TCP port (default: tcp.port, else 33001)",
            "  --rate RATE         never faster than this, such as 500mbit (default: target.rate, else unlimited)",
            "  --policy POLICY     fixed, high, fair or low (default: policy, else fair)",
            "  --key ID:SECRET     the access key to prove",
            "  --quiet             print errors only");
    private static final Set<String> WITH_VALUE = Set.of("--host", "--port", "--rate", "--policy", "--key");

    private GenericClientExample() {}

    /**
     * Runs the client.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(Program.run(() -> run(args)));
    }

    private static int run(String[] args) throws UsageException, IOException {
        CommandLine line = CommandLine.parse(args, WITH_VALUE, Set.of("--quiet", "--help"));
        if (line.has("--help")) {
            System.out.println(USAGE);
            return 0;
        }
        List<String> words = line.words();
        String command = words.isEmpty() ? "" : words.get(0);
        if (!Set.of("", "push", "pull").contains(command)) {
            throw new UsageException("unknown command '" + command + "': allowed is push, pull, or none");
        }
        if (!words.isEmpty() && (words.size() < 2 || words.size() > 3)) {
            throw new UsageException(command + " takes a NAME and at most one FILE, not " + (words.size() - 1) + " words");
        }
        Client.Builder builder = configure(line);
        if (words.isEmpty()) {
            return generated(builder, new Report(System.out, line.has("--quiet")));
        }
        String file = words.size() == 3 ? words.get(2) : "-";
        // Standard output may carry the stream, so that what is said about it goes to standard error.
        Report report = new Report(System.err, line.has("--quiet"));
        if (command.equals("push")) {
            push(builder, words.get(1), file, report);
        } else {
            pull(builder, words.get(1), file, report);
        }
        return 0;
    }

    /** What is not set here comes from faspstream.properties on the class path, and from {@code -Dfaspstream.<key>=<value>}. */
    private static Client.Builder configure(CommandLine line) throws UsageException {
        Client.Builder builder = Client.builder();
        line.text("--host").ifPresent(builder::host);
        line.port("--port", 1).ifPresent(builder::tcpPort);
        line.rate("--rate").ifPresent(builder::targetRate);
        line.policy("--policy").ifPresent(builder::policy);
        line.key("--key").ifPresent(builder::accessKey);
        return builder;
    }

    private static int generated(Client.Builder builder, Report report) throws IOException {
        try (Client client = builder.start()) {
            return new RoundTrip(report).run(client) ? 0 : 1;
        }
    }

    private static void push(Client.Builder builder, String name, String file, Report report) throws IOException {
        // Opened before the connection, so that a missing file troubles no server.
        try (InputStream source = file.equals("-") ? standardInput() : Files.newInputStream(Path.of(file));
                Client client = builder.start()) {
            long total = file.equals("-") ? Progress.UNKNOWN : Files.size(Path.of(file));
            report.push(client, name, total, source::transferTo);
        }
    }

    private static void pull(Client.Builder builder, String name, String file, Report report) throws IOException {
        try (Client client = builder.start()) {
            // A pipe or a device cannot be renamed into place; a file is, so that half of a stream never looks like all of it.
            boolean direct = file.equals("-") || Files.exists(Path.of(file)) && !Files.isRegularFile(Path.of(file));
            if (direct) {
                try (OutputStream sink = file.equals("-") ? standardOutput() : Files.newOutputStream(Path.of(file))) {
                    report.pull(client, name, Progress.UNKNOWN, in -> in.transferTo(sink));
                }
                return;
            }
            try (AtomicFile target = new AtomicFile(Path.of(file))) {
                report.pull(client, name, Progress.UNKNOWN, in -> {
                    in.transferTo(target.out());
                    target.publish();
                });
            }
        }
    }

    /** Without the buffer, and without the lock, of {@link System#in}; closing it leaves the real one open. */
    private static InputStream standardInput() {
        return new FilterInputStream(new java.io.FileInputStream(java.io.FileDescriptor.in)) {
            @Override
            public void close() {}
        };
    }

    private static OutputStream standardOutput() {
        return new FilterOutputStream(new java.io.FileOutputStream(java.io.FileDescriptor.out)) {
            @Override
            public void write(byte[] source, int offset, int length) throws IOException {
                out.write(source, offset, length);
            }

            @Override
            public void close() {}
        };
    }
}
