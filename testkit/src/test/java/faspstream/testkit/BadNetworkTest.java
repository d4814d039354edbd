package faspstream.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import faspstream.Client;
import faspstream.Direction;
import faspstream.ErrorCode;
import faspstream.FaspException;
import faspstream.Rate;
import faspstream.Server;
import faspstream.Session;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams over an emulated network. */
@Timeout(60)
@BadNetwork(rtt = "40ms", seed = 7)
class BadNetworkTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(42).nextBytes(bytes);
        return bytes;
    }

    private static Server server() throws Exception {
        return Server.builder().tcpPort(0).udpPort(0).start();
    }

    @Test
    @BadNetwork(rtt = "30ms", loss = "5%", rate = "40mbit", duplication = "1%", reordering = "3%", seed = 7)
    void aStreamArrivesWholeOverABadNetworkAndTheNetworkWasBad(TestNetwork network) throws Exception {
        byte[] data = bytes(2_000_000);
        try (Server server = server();
                Client client = network.client(server).connect()) {
            CompletableFuture<byte[]> arrived = new CompletableFuture<>();
            server.serve(session -> session.read(in -> arrived.complete(in.readAllBytes())), threads);
            assertEquals(data.length, client.push("stream", out -> out.write(data)).bytes());
            assertArrayEquals(data, arrived.join());
        }
        Traffic up = network.toServers();
        assertTrue(up.lost() > 20 && up.offered() > 1_400 && up.bytes() > data.length, up::toString);
        assertTrue(network.toClients().delivered() > 0);
    }

    @Test
    void theRoundTripTimeIsWhatWasAskedFor(TestNetwork network) throws Exception {
        try (Server server = server();
                Client client = network.client(server).connect()) {
            server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), threads);
            try (Session session = client.open(Direction.PUSH, "stream", Map.of())) {
                session.write(out -> out.write(bytes(100_000)));
                assertTrue(session.stats().rttMinimum().compareTo(Duration.ofMillis(40)) >= 0, session.stats()::toString);
            }
        }
    }

    @Test
    void aStreamSurvivesAnOutageAndSaysSo(TestNetwork network) throws Exception {
        try (Server server = server();
                Client client = network.client(server).targetRate(Rate.mbps(20)).connect()) {
            server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), threads);
            try (Session session = client.open(Direction.PUSH, "stream", Map.of())) {
                session.write(out -> {
                    out.write(bytes(1_000_000));
                    // An outage before the first round trip would be a late start.
                    while (session.stats().bytesAcknowledged() == 0) {
                        Thread.onSpinWait();
                    }
                    network.outage(Duration.ofSeconds(1));
                    out.write(bytes(1_000_000));
                });
                assertTrue(session.stats().outages() >= 1, session.stats()::toString);
            }
        }
        assertTrue(network.toServers().lost() > 0, network.toServers()::toString);
    }

    @Test
    void anOutageThatOutlastsTheTimeoutFailsTheStreamWithARecording(TestNetwork network) throws Exception {
        try (Server server = server();
                Client client = network.client(server).outageTimeout(Duration.ofSeconds(1)).connect()) {
            try (Session session = client.open(Direction.PUSH, "stream", Map.of())) {
                session.output().write(bytes(1000));
                network.outage(Duration.ofSeconds(30));
                FaspException lost = assertThrows(FaspException.class, () -> session.output().complete());
                assertEquals(ErrorCode.OUTAGE, lost.code());
                assertNotNull(lost.diagnosis());
                assertTrue(lost.recording().contains("faspstream:datagrams_sent"), lost.recording());
            }
        }
    }

    @Test
    void aServerOnAllAddressesIsRefusedWithTheReason(TestNetwork network) throws Exception {
        try (Server server = Server.builder()
                .host("0.0.0.0").tcpPort(0).udpPort(0).accessKey(faspstream.AccessKey.generate("test")).start()) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> network.client(server));
            assertTrue(e.getMessage().contains("127.0.0.1"), e.getMessage());
        }
    }
}
