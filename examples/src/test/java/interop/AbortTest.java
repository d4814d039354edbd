package interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a stream whose writer did not complete it: an error at the reader, and nothing under the stream's name. */
final class AbortTest {
    /** Long enough for a busy machine, short enough to wait for: how long a silent peer is missed before it is lost. */
    private static final List<String> SHORT_OUTAGE = List.of("-Dfaspstream.outage.timeout=5s");
    private static final Pattern SOME_PROGRESS = Pattern.compile("[1-9]\\d*\\.\\d MiB");

    @TempDir
    Path temp;

    @Test
    void a_writer_that_is_killed_in_mid_stream_leaves_no_file_and_the_reader_says_so() throws Exception {
        Path stored = temp.resolve("stored");
        try (ExampleServer server = new ExampleServer(SHORT_OUTAGE, "--dir", stored.toString());
                Child push = Distribution.client("push", "cut off", "-", "--port", server.port)) {
            OutputStream stdin = push.stdin();
            stdin.write(new byte[8 << 20]);
            stdin.flush();
            push.err.await(SOME_PROGRESS);
            push.kill();
            server.await("push 'cut off' .* failed: .+");
            assertEquals(List.of(), Distribution.names(stored));
        }
    }

    @Test
    void a_server_that_is_killed_in_mid_stream_leaves_the_puller_without_a_file_and_with_an_error() throws Exception {
        Path source = temp.resolve("stored");
        Files.createDirectory(source);
        Files.createLink(source.resolve("big"), copyOfRealInput());
        Path target = Files.createDirectory(temp.resolve("target"));
        try (ExampleServer server = new ExampleServer("--dir", source.toString());
                Child pull = Distribution.example("GenericClientExample", SHORT_OUTAGE, List.of("pull", "big",
                        target.resolve("big").toString(), "--rate", "40mbit", "--port", server.port), null)) {
            pull.err.await(SOME_PROGRESS);
            server.process.kill();
            assertEquals(1, pull.exitCode());
            List<String> said = pull.err.all();
            assertTrue(said.get(said.size() - 1).startsWith("error: "), said.toString());
            assertEquals(List.of(), Distribution.names(target));
        }
    }

    @Test
    void an_ended_server_tells_the_writer_and_publishes_nothing() throws Exception {
        Path stored = temp.resolve("stored");
        try (ExampleServer server = new ExampleServer("--dir", stored.toString());
                Child push = Distribution.example("GenericClientExample", SHORT_OUTAGE,
                        List.of("push", "unfinished", "-", "--port", server.port), null)) {
            OutputStream stdin = push.stdin();
            stdin.write(new byte[8 << 20]);
            stdin.flush();
            push.err.await(SOME_PROGRESS);
            server.process.terminate();
            server.await("closed");
            // The next bytes find the stream gone.
            stdin.close();
            assertEquals(1, push.exitCode());
            server.process.exitCode();
            assertEquals(List.of(), Distribution.names(stored));
        }
    }

    private Path copyOfRealInput() throws Exception {
        return Files.copy(Distribution.realInput(), temp.resolve("modules"));
    }
}
