package interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line tool against the Java examples, both ways round. */
final class ToolTest {
    @TempDir
    Path temp;

    @Test
    void the_tool_sends_to_a_java_server_and_receives_from_it() throws Exception {
        Path input = Distribution.realInput();
        try (ExampleServer server = new ExampleServer("--dir", temp.resolve("stored").toString());
                Child send = Distribution.tool("send", "real input", input.toString(), "--port", server.port, "--json")) {
            send.succeed();
            String json = String.join("\n", send.out.all());
            assertTrue(Pattern.compile("\"bytes\"\\s*:\\s*" + Files.size(input)).matcher(json).find(), json);
            for (String key : List.of("seconds", "bits_per_second", "digest", "rtt_ms", "datagrams_sent", "datagrams_retransmitted",
                    "bytes_duplicate", "loss", "transport")) {
                assertTrue(json.contains("\"" + key + "\""), key + " is not in " + json);
            }
            try (Child receive = Distribution.tool("recv", "real input", temp.resolve("back").toString(), "--port", server.port)) {
                receive.succeed();
            }
            assertEquals(Distribution.sha256(input), Distribution.sha256(temp.resolve("stored/real input")));
            assertEquals(Distribution.sha256(input), Distribution.sha256(temp.resolve("back")));
        }
    }

    @Test
    void java_clients_push_to_the_tool_and_pull_from_it() throws Exception {
        Path input = Distribution.realInput();
        String port = freePort();
        try (Child serve = Distribution.tool("serve", "--dir", Files.createDirectory(temp.resolve("stored")).toString(), "--port", port, "--udp-port", "0")) {
            awaitListener(serve, port);
            try (Child push = Distribution.client("push", "Wörter", input.toString(), "--port", port)) {
                push.succeed();
            }
            try (Child pull = Distribution.client("pull", "Wörter", temp.resolve("back").toString(), "--port", port)) {
                pull.succeed();
            }
            assertEquals(Distribution.sha256(input), Distribution.sha256(temp.resolve("stored/Wörter")));
            assertEquals(Distribution.sha256(input), Distribution.sha256(temp.resolve("back")));
        }
    }

    @Test
    void the_tool_pipes_a_stream_through_standard_input_and_output() throws Exception {
        byte[] bytes = new byte[1_234_567];
        new java.util.Random(11).nextBytes(bytes);
        Path back = temp.resolve("back");
        try (ExampleServer server = new ExampleServer(); Child send = Distribution.tool("send", "piped", "-", "--port", server.port, "--quiet")) {
            send.stdin().write(bytes);
            send.stdin().close();
            send.succeed();
            try (Child receive = Distribution.toolInto(back, "recv", "piped", "-", "--port", server.port)) {
                receive.succeed();
            }
            assertArrayEquals(bytes, Files.readAllBytes(back));
        }
    }

    @Test
    void a_key_that_the_tool_made_opens_a_java_server() throws Exception {
        String key;
        try (Child keygen = Distribution.tool("keygen", "cam")) {
            keygen.succeed();
            key = String.join("", keygen.out.all()).trim();
        }
        assertTrue(key.matches("cam:\\S{16,}"), "not of the form ID:SECRET");
        Path file = Files.write(temp.resolve("in"), new byte[] {1});
        try (ExampleServer server = new ExampleServer("--key", key);
                Child send = Distribution.tool("send", "x", file.toString(), "--key", key, "--port", server.port);
                Child intruder = Distribution.tool("send", "y", file.toString(), "--key", "cam:not the secret", "--port", server.port)) {
            send.succeed();
            // The tool's exit code for everything about identity.
            String line = intruder.failWithOneLine(3);
            assertTrue(line.contains("key"), line);
        }
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Integer.toString(socket.getLocalPort());
        }
    }

    /** Waits until somebody accepts on the port: the tool's own words are for people, not for tests. */
    private static void awaitListener(Child server, String port) throws Exception {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (true) {
            try (Socket probe = new Socket()) {
                probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port)), 1000);
                return;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("nobody listens on port " + port, e);
                }
                server.aliveFor(20);
            }
        }
    }
}
