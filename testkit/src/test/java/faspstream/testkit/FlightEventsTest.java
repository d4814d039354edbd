package faspstream.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import faspstream.Client;
import faspstream.Direction;
import faspstream.Server;
import faspstream.Session;
import faspstream.Transport;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.Query;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the JDK's Flight Recorder gets of a network that fails. */
@Timeout(60)
@BadNetwork(rtt = "20ms", seed = 7)
class FlightEventsTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    Path dir;

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    /** Something that happens to the network of a running session. */
    private interface Trouble {
        void make(Session session) throws Exception;
    }

    /** The events of this name of a session that has had {@code trouble}; it begins well and completes. */
    private List<RecordedEvent> eventsOf(String name, TestNetwork network, Trouble trouble) throws Exception {
        Path file = dir.resolve("recording.jfr");
        String id;
        int port;
        try (Recording recording = new Recording();
                Server server = Server.builder().tcpPort(0).udpPort(0).start();
                Client client = network.client(server).connect()) {
            recording.start();
            server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), threads);
            try (Session session = client.open(Direction.PUSH, "stream", Map.of())) {
                id = session.id();
                port = session.remoteAddress().getPort();
                session.output().write(new byte[100_000]);
                until(() -> session.stats().bytesAcknowledged() > 0);
                trouble.make(session);
                session.output().complete();
            }
            // Each end looks a last time when it is over, on a thread of its own, and then does its books.
            awaitCompletion("Server", server.tcpPort());
            awaitCompletion("Client", port);
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals(name) && event.getString("session").equals(id))
                .collect(Collectors.toList());
    }

    /** Waits until the books of an endpoint have a session that has completed. */
    private static void awaitCompletion(String type, int port) throws Exception {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        ObjectName pattern = new ObjectName("faspstream:type=" + type + ",name=\"*:" + port + "\",*");
        while (beans.queryNames(pattern, Query.gt(Query.attr("SessionsCompleted"), Query.value(0))).isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private static void until(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    @Test
    void anOutageThatWasOutlivedIsAnEvent(TestNetwork network) throws Exception {
        List<RecordedEvent> events = eventsOf("faspstream.Outage", network, session -> {
            network.outage(Duration.ofSeconds(1));
            session.output().write(new byte[100_000]);
            until(() -> session.stats().outages() > 0);
        });
        // Both ends are in this JVM, and each has its own view; a machine that stands still is one more outage.
        assertFalse(events.isEmpty());
        events.forEach(event -> assertTrue(event.getLong("outages") > 0, event::toString));
    }

    @Test
    void dataThatTakesToTheControlConnectionIsAnEvent(TestNetwork network) throws Exception {
        List<RecordedEvent> events = eventsOf("faspstream.Fallback", network, session -> {
            network.loss(1);
            push(session);
            until(() -> session.stats().transport() == Transport.TCP);
        });
        assertFalse(events.isEmpty());
        events.forEach(event -> assertEquals("TCP", event.getString("transport"), event::toString));
        assertTrue(network.toServers().lost() > 0, network.toServers()::toString);
    }

    private static void push(Session session) throws IOException {
        session.output().write(new byte[100_000]);
        session.output().flush();
    }
}
