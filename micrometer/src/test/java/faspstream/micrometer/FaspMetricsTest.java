package faspstream.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import faspstream.Client;
import faspstream.Direction;
import faspstream.Server;
import faspstream.Session;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a registry sees of sessions. */
@Timeout(60)
class FaspMetricsTest {
    @Test
    void aRegistrySeesSessionsOpenAndComplete() throws Exception {
        MeterRegistry registry = new SimpleMeterRegistry();
        try (Server server = Server.builder().tcpPort(0).udpPort(0).start();
                Client client = Client.builder().tcpPort(server.tcpPort()).connect()) {
            new FaspMetrics(server).bindTo(registry);
            new FaspMetrics(client).bindTo(registry);
            try (Session mine = client.open(Direction.PULL, "stream", Map.of());
                    Session theirs = server.accept()) {
                assertEquals(1, registry.get("faspstream.sessions").tag("type", "client").gauge().value());
                assertEquals(1, registry.get("faspstream.sessions").tag("type", "server").gauge().value());
                theirs.output().write(new byte[10_000]);
                mine.input().readNBytes(10_000);
                theirs.output().close();
                assertEquals(-1, mine.input().read());
                assertTrue(registry.get("faspstream.rtt").tag("type", "server").timeGauge().value(TimeUnit.MILLISECONDS) >= 0);
            }
            // The receipt may be out a moment before the books are.
            while (registry.get("faspstream.sessions.completed").tag("type", "server").functionCounter().count() == 0) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertEquals(1, registry.get("faspstream.sessions.opened").tag("type", "client").functionCounter().count());
            assertEquals(0, registry.get("faspstream.sessions.failed").tag("type", "client").functionCounter().count());
            assertEquals(10, registry.getMeters().size() / 2);
        }
    }
}
