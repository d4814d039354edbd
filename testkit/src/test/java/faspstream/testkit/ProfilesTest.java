package faspstream.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import faspstream.Client;
import faspstream.Direction;
import faspstream.Server;
import faspstream.Session;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream arrives under every profile, over a network as the profile is for. What it prints was measured in this run. */
@Timeout(60)
class ProfilesTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    /** The tests run in the folder of the module, or in that of the project. */
    private static Path profile(String name) {
        Path here = Path.of("conf/profiles", name + ".properties");
        return Files.exists(here) ? here : Path.of("..").resolve(here);
    }

    private void push(String profile, TestNetwork network, int bytes) throws IOException {
        try (Server server = Server.builder().config(profile(profile)).tcpPort(0).udpPort(0).start()) {
            server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), threads);
            Client.Builder builder = network == null
                    ? Client.builder().config(profile(profile)).tcpPort(server.tcpPort())
                    : network.client(server).config(profile(profile));
            try (Client client = builder.connect();
                    Session session = client.open(Direction.PUSH, profile, Map.of())) {
                assertEquals(bytes, session.write(out -> out.write(new byte[bytes])).bytes());
                System.out.printf("%s: %s, lost %.2f %%%n", profile, session.stats().averageRate(), 100 * session.stats().lossRatio());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lan-10g", "background", "live", "metered"})
    void aStreamArrives(String profile) throws IOException {
        push(profile, null, 4_000_000);
    }

    @Test
    @BadNetwork(rtt = "100ms", loss = "0.5%", rate = "50mbit", seed = 1)
    void aStreamCrossesAnOcean(TestNetwork network) throws IOException {
        push("wan", network, 8_000_000);
    }

    @Test
    @BadNetwork(rtt = "600ms", loss = "1%", burst = 20, rate = "20mbit", queue = "512kb", seed = 2)
    void aStreamGoesOverASatellite(TestNetwork network) throws IOException {
        push("satellite", network, 4_000_000);
    }

    @Test
    @BadNetwork(rtt = "10ms", jitter = "3ms", loss = "5%", rate = "40mbit", seed = 3)
    void aStreamComesOverAWirelessHop(TestNetwork network) throws IOException {
        push("lossy-wifi", network, 8_000_000);
    }
}
