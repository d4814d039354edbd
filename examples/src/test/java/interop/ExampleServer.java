package interop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A running server example on free ports. */
final class ExampleServer implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+) \\(TCP\\) and UDP port \\d+");

    final Child process;
    final String port;

    ExampleServer(String... options) throws IOException, InterruptedException {
        this(List.of(), options);
    }

    ExampleServer(List<String> jvmOptions, String... options) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("--port", "0", "--udp-port", "0"));
        arguments.addAll(List.of(options));
        process = Distribution.example("GenericServerExample", jvmOptions, arguments, null);
        try {
            port = process.out.await(LISTENING).group(1);
        } catch (AssertionError e) {
            process.close();
            throw new AssertionError("the server did not start: " + process.err.all(), e);
        }
    }

    /** Waits until the server says this of a session. */
    String await(String pattern) throws InterruptedException {
        return process.out.await(Pattern.compile(pattern)).group();
    }

    @Override
    public void close() {
        process.close();
    }
}
