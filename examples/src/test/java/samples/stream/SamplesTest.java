package samples.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import faspstream.Client;
import faspstream.ErrorCode;
import faspstream.FaspException;
import faspstream.Rate;
import faspstream.Receipt;
import faspstream.Server;
import faspstream.Session;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the samples of one page do. */
@Timeout(60)
class SamplesTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    Path dir;

    private Server server;
    private Client client;
    private byte[] data;

    @BeforeEach
    void start() throws IOException {
        server = Server.builder().tcpPort(0).udpPort(0).start();
        client = Client.builder().tcpPort(server.tcpPort()).connect();
        data = new byte[500_000];
        new Random(3).nextBytes(data);
    }

    @AfterEach
    void end() {
        client.close();
        server.close();
        threads.shutdownNow();
    }

    @Test
    void aSenderReachesAReceiver() throws Exception {
        ByteArrayOutputStream sink = new ByteArrayOutputStream();
        Future<Receipt> receipt = threads.submit(() -> Receiver.receive(server, sink));
        assertEquals(data.length, Sender.send(client, new ByteArrayInputStream(data)).bytes());
        assertEquals(data.length, receipt.get().bytes());
        assertArrayEquals(data, sink.toByteArray());
    }

    @Test
    void aFileBecomesAFileAndANameThatLeadsOutIsRejected() throws Exception {
        Path from = Files.write(dir.resolve("from"), data);
        Path to = Files.createDirectory(dir.resolve("to"));
        server.serve(new StreamToFile(to)::take, threads);
        assertEquals(data.length, FileToStream.push(client, from, "copy").bytes());
        assertArrayEquals(data, Files.readAllBytes(to.resolve("copy")));
        FaspException refused = assertThrows(FaspException.class, () -> FileToStream.push(client, from, "../copy"));
        assertEquals(ErrorCode.REJECTED, refused.code());
        assertFalse(Files.exists(dir.resolve("copy")));
    }

    @Test
    void aCameraIsWatchedWithoutAGlitchBehindADeepBuffer() throws Exception {
        LiveCamera.Viewer viewer = new LiveCamera.Viewer();
        Future<Receipt> watched = threads.submit(() -> {
            try (Session session = server.accept()) {
                return session.read(viewer::watch);
            }
        });
        long bytes = LiveCamera.film(client, Rate.mbps(4), Duration.ofMillis(500)).bytes();
        assertEquals(bytes, watched.get().bytes());
        assertEquals(bytes, viewer.packets() * LiveCamera.PACKET);
        assertTrue(viewer.packets() > 1000, viewer.report());
        assertEquals(0, viewer.glitchesOfTheDeepest(), viewer.report());
    }

    @Test
    void manyClientsPushToOneServer() throws Exception {
        assertEquals(8 * 100_000, ManyClients.run(8, 100_000));
    }

    @Test
    void aConversationGoesOverTheBridgeAndEndsWithIt() throws Exception {
        try (ServerSocket echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            threads.submit(() -> {
                Socket socket = echo.accept();
                socket.getInputStream().transferTo(socket.getOutputStream());
                socket.shutdownOutput();
                return null;
            });
            TcpBridge.exit(server, new InetSocketAddress(InetAddress.getLoopbackAddress(), echo.getLocalPort()), threads);
            threads.submit(() -> {
                TcpBridge.entry(client, door, threads);
                return null;
            });
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.getLocalPort())) {
                socket.getOutputStream().write(42);
                assertEquals(42, socket.getInputStream().read());
                threads.submit(() -> {
                    socket.getOutputStream().write(data);
                    socket.shutdownOutput();
                    return null;
                });
                assertArrayEquals(data, socket.getInputStream().readAllBytes());
            }
        }
    }
}
