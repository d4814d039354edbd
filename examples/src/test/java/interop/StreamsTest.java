package interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams between the two examples, each in a JVM of its own. */
final class StreamsTest {
    @TempDir
    Path temp;

    @Test
    void four_clients_at_once_push_and_pull_real_input_and_get_every_byte() throws Exception {
        Path input = Distribution.realInput();
        String expected = Distribution.sha256(input);
        Path stored = temp.resolve("stored");
        List<Child> children = new ArrayList<>();
        try (ExampleServer server = new ExampleServer("--dir", stored.toString())) {
            for (int i = 0; i < 4; i++) {
                children.add(Distribution.client("push", "modules-" + i, input.toString(), "--port", server.port));
            }
            for (Child child : children) {
                child.succeed();
            }
            children.clear();
            for (int i = 0; i < 4; i++) {
                server.await("push 'modules-" + i + "' .*: " + Files.size(input) + " bytes");
                assertEquals(expected, Distribution.sha256(stored.resolve("modules-" + i)));
                children.add(Distribution.client("pull", "modules-" + i, temp.resolve("back-" + i).toString(), "--port", server.port));
            }
            for (int i = 0; i < 4; i++) {
                children.get(i).succeed();
                assertEquals(expected, Distribution.sha256(temp.resolve("back-" + i)));
            }
        } finally {
            children.forEach(Child::close);
        }
    }

    @Test
    void without_arguments_the_client_verifies_a_round_trip_and_says_how_fast_it_was() throws Exception {
        try (ExampleServer server = new ExampleServer(); Child client = Distribution.client("--port", server.port)) {
            client.succeed();
            String said = String.join("\n", client.out.all());
            assertTrue(said.contains("SHA-256 equal: "), said);
            assertTrue(said.contains("pushed") && said.contains("MB/s") && said.contains("RTT"), said);
        }
    }

    @Test
    void names_with_spaces_and_letters_of_any_script_name_the_file() throws Exception {
        byte[] bytes = "Grüße, κόσμε".getBytes(StandardCharsets.UTF_8);
        Path file = Files.write(temp.resolve("in"), bytes);
        Path stored = temp.resolve("stored");
        try (ExampleServer server = new ExampleServer("--dir", stored.toString())) {
            for (String name : List.of("two words", "Grüße an κόσμε", "日本/語 1.bin")) {
                try (Child push = Distribution.client("push", name, file.toString(), "--port", server.port)) {
                    push.succeed();
                }
                try (Child pull = Distribution.client("pull", name, temp.resolve("out").toString(), "--port", server.port)) {
                    pull.succeed();
                }
                assertArrayEquals(bytes, Files.readAllBytes(stored.resolve(name)), name);
                assertArrayEquals(bytes, Files.readAllBytes(temp.resolve("out")), name);
            }
        }
    }

    @Test
    void a_stream_of_no_bytes_is_a_stream() throws Exception {
        Path empty = Files.createFile(temp.resolve("empty"));
        try (ExampleServer server = new ExampleServer("--dir", temp.resolve("stored").toString());
                Child push = Distribution.client("push", "nothing", empty.toString(), "--port", server.port)) {
            push.succeed();
            try (Child pull = Distribution.client("pull", "nothing", temp.resolve("back").toString(), "--port", server.port)) {
                pull.succeed();
            }
            assertEquals(0, Files.size(temp.resolve("stored/nothing")));
            assertEquals(0, Files.size(temp.resolve("back")));
        }
    }

    @Test
    void standard_input_and_output_carry_the_stream_and_nothing_else() throws Exception {
        byte[] bytes = new byte[3_000_001];
        new java.util.Random(7).nextBytes(bytes);
        Path back = temp.resolve("back");
        try (ExampleServer server = new ExampleServer(); Child push = Distribution.client("push", "piped", "-", "--port", server.port)) {
            push.stdin().write(bytes);
            push.stdin().close();
            push.succeed();
            try (Child pull = Distribution.clientInto(back, "pull", "piped", "--port", server.port)) {
                pull.succeed();
            }
            assertArrayEquals(bytes, Files.readAllBytes(back));
        }
    }

    @Test
    void a_server_that_serves_once_ends_with_its_session() throws Exception {
        Path file = Files.write(temp.resolve("in"), new byte[] {1, 2, 3});
        try (ExampleServer server = new ExampleServer("--once", "--dir", temp.toString());
                Child push = Distribution.client("push", "one", file.toString(), "--port", server.port)) {
            push.succeed();
            server.process.succeed();
            assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(temp.resolve("one")));
        }
    }
}
