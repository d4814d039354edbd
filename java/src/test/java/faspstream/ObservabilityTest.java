package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What JMX, the JDK's Flight Recorder and our own tell of sessions. */
@Timeout(60)
class ObservabilityTest {
    private static final MBeanServer BEANS = ManagementFactory.getPlatformMBeanServer();

    /** Beans come and go in the background. */
    private static ObjectName bean(String type, int port) throws Exception {
        ObjectName pattern = new ObjectName("faspstream:type=" + type + ",name=\"*:" + port + "\",*");
        Set<ObjectName> found = BEANS.queryNames(pattern, null);
        while (found.isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(5);
            found = BEANS.queryNames(pattern, null);
        }
        return found.iterator().next();
    }

    @Test
    void jmxShowsServerAndClientWithTheirSessionsAndForgetsThem() throws Exception {
        ObjectName ofServer;
        try (Loopback net = new Loopback()) {
            CompletableFuture<Void> goOn = new CompletableFuture<>();
            net.server.serve(session -> session.read(in -> {
                in.readNBytes(1000);
                goOn.join();
            }), net.threads());
            Session session = net.client().open(Direction.PUSH, "camera", Map.of());
            session.output().write(new byte[1000]);
            ofServer = bean("Server", net.server.tcpPort());
            EndpointMXBean server = JMX.newMXBeanProxy(BEANS, ofServer, EndpointMXBean.class);
            EndpointMXBean client = JMX.newMXBeanProxy(BEANS, bean("Client", net.server.tcpPort()), EndpointMXBean.class);
            assertEquals(1, client.getSessionsOpen());
            assertEquals(0, client.getSessionsFailed());
            assertTrue(client.getLossRatio() >= 0 && client.getOutages() == 0 && client.getQueueingDelayMillis() >= 0);
            CompositeData[] rows = (CompositeData[]) BEANS.getAttribute(bean("Client", net.server.tcpPort()), "Sessions");
            assertEquals("camera", rows[0].get("stream"));
            assertEquals(session.id(), rows[0].get("id"));
            assertFalse(rows[0].get("diagnosis").toString().isEmpty());
            goOn.complete(null);
            session.output().complete();
            // The receipt may be out a moment before the books are.
            awaitCompletionIn(bean("Client", net.server.tcpPort()));
            assertEquals(1, client.getSessionsCompleted());
            assertEquals(0, client.getSessionsOpen());
            assertEquals(1, server.getSessionsOpened());
            assertTrue(server.getAddress().endsWith(":" + net.server.tcpPort()));
        }
        while (BEANS.isRegistered(ofServer)) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    @Test
    void theJdksFlightRecorderGetsBeginChangeAndEndOfASession(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("recording.jfr");
        Session session;
        try (Recording recording = new Recording();
                Loopback net = new Loopback()) {
            recording.enable("faspstream.RateChange").withPeriod(java.time.Duration.ofMillis(20));
            recording.start();
            net.server.serve(s -> s.read(in -> in.transferTo(OutputStream.nullOutputStream())), net.threads());
            session = net.client().open(Direction.PUSH, "camera", Map.of());
            session.output().write(new byte[100_000]);
            awaitLooksAtTheRate();
            session.output().complete();
            // The books come after the event of the end.
            awaitCompletionIn(bean("Client", net.server.tcpPort()));
            recording.dump(file);
        }
        String id = session.id();
        List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
                .filter(e -> e.getEventType().getName().startsWith("faspstream.") && id.equals(e.getString("session")))
                .collect(Collectors.toList());
        RecordedEvent start = only(events, "faspstream.SessionStart", e -> e.getBoolean("sends"));
        assertEquals("PUSH", start.getString("direction"));
        assertEquals("camera", start.getString("stream"));
        assertTrue(events.stream().anyMatch(named("faspstream.RateChange")), events.toString());
        RecordedEvent end = events.stream().filter(named("faspstream.SessionEnd")).findFirst().orElseThrow();
        assertTrue(end.getBoolean("completed"));
        assertEquals(100_000, end.getLong("bytesDelivered"));
    }

    /** The recorder calls who asks for it at intervals: between the second call of this one and the third was one of the library's. */
    private static void awaitLooksAtTheRate() throws InterruptedException {
        CountDownLatch calls = new CountDownLatch(3);
        Runnable counter = calls::countDown;
        FlightRecorder.addPeriodicEvent(FlightEvents.RateChange.class, counter);
        try {
            calls.await();
        } finally {
            FlightRecorder.removePeriodicEvent(counter);
        }
    }

    private static void awaitCompletionIn(ObjectName bean) throws InterruptedException {
        EndpointMXBean endpoint = JMX.newMXBeanProxy(BEANS, bean, EndpointMXBean.class);
        while (endpoint.getSessionsCompleted() == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private static Predicate<RecordedEvent> named(String name) {
        return event -> event.getEventType().getName().equals(name);
    }

    private static RecordedEvent only(List<RecordedEvent> events, String name, Predicate<RecordedEvent> condition) {
        List<RecordedEvent> found = events.stream()
                .filter(named(name).and(condition))
                .collect(Collectors.toList());
        assertEquals(1, found.size(), events.toString());
        return found.get(0);
    }

    @Test
    void aRecordingTellsTheLifeOfASessionAsQlog() throws Exception {
        try (Loopback net = new Loopback()) {
            net.server.serve(s -> s.read(in -> in.transferTo(OutputStream.nullOutputStream())), net.threads());
            Session session = net.client().open(Direction.PUSH, "camera \"1\"", Map.of());
            session.write(out -> out.write(new byte[100_000]));
            String qlog = session.recording();
            for (String part : List.of(
                    "\"file_schema\":\"urn:ietf:params:qlog:file:contained\"",
                    "\"stream\":\"camera \\\"1\\\"\"",
                    "\"group_id\":\"" + session.id() + "\"",
                    "faspstream:datagrams_sent",
                    "faspstream:datagrams_received",
                    "\"new\":\"established\"",
                    "\"new\":\"completed\"")) {
                assertTrue(qlog.contains(part), () -> part + " in " + qlog);
            }
        }
    }

    @Test
    void theExceptionOfAFailedSessionCarriesItsRecordingAndThatOfAnAbortHereDoesNot() throws Exception {
        try (Loopback net = new Loopback()) {
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            try (Session theirs = net.accept()) {
                theirs.abort("no room");
            }
            FaspException failed = assertThrows(FaspException.class, () -> session.output().complete());
            assertEquals(ErrorCode.ABORTED_BY_PEER, failed.code());
            assertTrue(failed.recording().contains("faspstream:"), failed.recording());
            Session mine = net.client().open(Direction.PUSH, "stream", Map.of());
            mine.abort("not wanted");
            assertNull(assertThrows(FaspException.class, () -> mine.output().write(1)).recording());
            assertTrue(mine.recording().contains("urn:faspstream:qlog:events:1"));
        }
    }
}
