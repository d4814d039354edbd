package interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong before a stream begins is one line on standard error that names the cause, and an exit code. */
final class ErrorLineTest {
    private static final String KEY = "cam:correct horse battery";

    @TempDir
    Path temp;

    @Test
    void a_wrong_key_is_refused_and_never_printed() throws Exception {
        try (ExampleServer server = new ExampleServer("--key", KEY);
                Child client = Distribution.client("pull", "x", "--key", "cam:wrong horse battery", "--port", server.port)) {
            String line = client.failWithOneLine(1);
            assertTrue(line.contains("key"), line);
            assertFalse(line.contains("horse"), line);
        }
    }

    @Test
    void a_missing_key_is_refused() throws Exception {
        try (ExampleServer server = new ExampleServer("--key", KEY); Child client = Distribution.client("pull", "x", "--port", server.port)) {
            String line = client.failWithOneLine(1);
            assertTrue(line.contains("key"), line);
        }
    }

    @Test
    void the_right_key_is_let_in() throws Exception {
        Path file = Files.write(temp.resolve("in"), new byte[] {42});
        try (ExampleServer server = new ExampleServer("--key", KEY);
                Child client = Distribution.client("push", "x", file.toString(), "--key", KEY, "--port", server.port)) {
            client.succeed();
        }
    }

    @Test
    void a_missing_server_is_named_with_its_address() throws Exception {
        String port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = Integer.toString(socket.getLocalPort());
        }
        try (Child client = Distribution.client("pull", "x", "--port", port)) {
            String line = client.failWithOneLine(1);
            assertTrue(line.contains("127.0.0.1") && line.contains(port), line);
        }
    }

    @Test
    void a_port_in_use_is_named() throws Exception {
        try (ExampleServer server = new ExampleServer();
                Child second = Distribution.example("GenericServerExample", List.of(), List.of("--port", server.port, "--udp-port", "0"), null)) {
            String line = second.failWithOneLine(1);
            assertTrue(line.contains(server.port), line);
        }
    }

    @Test
    void a_bad_property_is_named_with_what_is_allowed() throws Exception {
        try (Child server = Distribution.example("GenericServerExample", List.of("-Dfaspstream.policy=fastest"), List.of(), null)) {
            String line = server.failWithOneLine(1);
            assertTrue(line.contains("policy") && line.contains("fastest") && line.contains("fair"), line);
        }
    }

    @Test
    void an_unknown_property_is_named() throws Exception {
        try (Child server = Distribution.example("GenericServerExample", List.of("-Dfaspstream.tcp.prot=1"), List.of(), null)) {
            String line = server.failWithOneLine(1);
            assertTrue(line.contains("tcp.prot"), line);
        }
    }

    @Test
    void a_name_that_leads_out_of_the_directory_is_rejected_in_both_directions() throws Exception {
        Path stored = Files.createDirectory(temp.resolve("stored"));
        Path secret = Files.write(temp.resolve("secret"), new byte[] {1});
        try (ExampleServer server = new ExampleServer("--dir", stored.toString());
                Child push = Distribution.client("push", "../planted", secret.toString(), "--quiet", "--port", server.port);
                Child pull = Distribution.client("pull", "../secret", temp.resolve("stolen").toString(), "--port", server.port)) {
            String pushed = push.failWithOneLine(1);
            String pulled = pull.failWithOneLine(1);
            assertTrue(pushed.contains("../planted") && pulled.contains("../secret"), pushed + pulled);
            assertEquals(List.of("secret", "stored"), Distribution.names(temp));
        }
    }

    @Test
    void a_stream_that_is_not_there_is_named() throws Exception {
        try (ExampleServer server = new ExampleServer(); Child pull = Distribution.client("pull", "missing", temp.resolve("out").toString(), "--port", server.port)) {
            String line = pull.failWithOneLine(1);
            assertTrue(line.contains("missing"), line);
            assertEquals(List.of(), Distribution.names(temp));
        }
    }

    @Test
    void a_server_open_to_the_network_without_a_key_refuses_to_start() throws Exception {
        try (Child server = Distribution.example("GenericServerExample", List.of(), List.of("--host", "0.0.0.0", "--port", "0", "--udp-port", "0"), null)) {
            String line = server.failWithOneLine(1);
            assertTrue(line.contains("0.0.0.0") && line.contains("key"), line);
        }
    }

    @Test
    void a_bad_option_is_a_matter_of_usage() throws Exception {
        for (String[] wrong : new String[][] {{"--port", "70000"}, {"--rate", "fast"}, {"--policy", "greedy"}, {"--nonsense"}, {"shove", "x"}}) {
            try (Child client = Distribution.client(wrong)) {
                String line = client.failWithOneLine(2);
                assertTrue(line.contains(wrong.length > 1 && wrong[0].startsWith("--") ? wrong[1] : wrong[0]), line);
            }
        }
    }
}
