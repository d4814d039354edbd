package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Completion, progress, statistics, diagnosis. */
@Timeout(60)
class ObserverTest {
    @Test
    void theCompletionGivesTheReceiptAtBothEnds() throws Exception {
        try (Loopback net = new Loopback()) {
            CompletableFuture<CompletableFuture<Receipt>> theirs = new CompletableFuture<>();
            net.server.serve(session -> {
                theirs.complete(session.completion());
                session.read(in -> in.transferTo(OutputStream.nullOutputStream()));
            }, net.threads());
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            CompletableFuture<Receipt> mine = session.completion();
            assertSame(mine, session.completion());
            session.output().write(new byte[1000]);
            session.output().close();
            assertEquals(1000, mine.get(30, TimeUnit.SECONDS).bytes());
            assertEquals(1000, theirs.join().get(30, TimeUnit.SECONDS).bytes());
        }
    }

    @Test
    void aBlockedCompletionHarmsNobodyElse() throws Exception {
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), net.threads());
            CountDownLatch release = new CountDownLatch(1);
            Client client = net.client();
            Session first = client.open(Direction.PUSH, "first", Map.of());
            first.completion().thenRun(() -> {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            first.output().close();
            assertEquals(10, client.push("second", out -> out.write(new byte[10])).bytes());
            release.countDown();
        }
    }

    @Test
    void progressIsReportedOneAtATimeAndExactlyOnceAtTheEnd() throws Exception {
        List<Stats> reports = new CopyOnWriteArrayList<>();
        CountDownLatch some = new CountDownLatch(3);
        CountDownLatch last = new CountDownLatch(1);
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), net.threads());
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            // An executor that runs at once, and a listener that throws: neither may disturb the session.
            Executor direct = Runnable::run;
            session.onProgress(Duration.ofMillis(10), direct, stats -> {
                reports.add(stats);
                some.countDown();
                if (stats.bytesDelivered() == 5000) {
                    last.countDown();
                }
                throw new IllegalStateException("ignored");
            });
            assertTrue(some.await(30, TimeUnit.SECONDS));
            session.output().write(new byte[5000]);
            session.output().close();
            assertTrue(last.await(30, TimeUnit.SECONDS));
        }
        assertEquals(5000, reports.get(reports.size() - 1).bytesDelivered());
    }

    @Test
    void reportsAreConflatedOnTheCallersExecutorAndExactlyOneComesAfterTheEnd() throws Exception {
        BlockingQueue<Runnable> handedIn = new LinkedBlockingQueue<>();
        List<Stats> reports = new CopyOnWriteArrayList<>();
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), net.threads());
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            session.onProgress(Duration.ofMillis(10), handedIn::add, reports::add);
            // Ends after the other one; in between nothing comes.
            CountDownLatch over = new CountDownLatch(1);
            session.onProgress(Duration.ofHours(1), Runnable::run, stats -> over.countDown());
            // The executor is busy: what is due meanwhile is left out.
            Runnable held = handedIn.poll(30, TimeUnit.SECONDS);
            Duration before = session.stats().elapsed();
            session.output().write(new byte[5000]);
            while (session.stats().elapsed().minus(before).toMillis() < 100) {
                Thread.onSpinWait();
            }
            session.output().complete();
            assertTrue(over.await(30, TimeUnit.SECONDS));
            assertTrue(handedIn.isEmpty() && reports.isEmpty());
            held.run();
            assertEquals(1, reports.size());
            assertEquals(5000, reports.get(0).bytesDelivered());
            assertNull(handedIn.poll(100, TimeUnit.MILLISECONDS));
        }
        assertTrue(handedIn.isEmpty());
    }

    @Test
    void aListenerOfAnEndedSessionGetsOneReport() throws Exception {
        CountDownLatch once = new CountDownLatch(1);
        try (Loopback net = new Loopback()) {
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            session.abort("over");
            session.onProgress(Duration.ofSeconds(1), net.threads(), stats -> once.countDown());
            assertTrue(once.await(30, TimeUnit.SECONDS));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> session.onProgress(Duration.ZERO, net.threads(), stats -> once.countDown()));
        }
    }

    @Test
    void statisticsAndDiagnosisTellOfTheStream() throws Exception {
        int size = 8 << 20;
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), net.threads());
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            session.write(out -> out.write(new byte[size]));
            Stats stats = session.stats();
            assertEquals(size, stats.bytesAccepted());
            assertEquals(size, stats.bytesDelivered());
            assertTrue(stats.bytesSent() >= size && stats.datagramsSent() > 0, stats.toString());
            assertTrue(stats.rtt().toNanos() > 0 && stats.mtu() >= 256, stats.toString());
            assertEquals(RatePolicy.FAIR, stats.policy());
            assertEquals(Rate.UNLIMITED, stats.targetRate());
            assertTrue(stats.lossRatio() >= 0 && stats.lossRatio() <= 1);
            assertTrue(stats.averageRate().bitsPerSecond() > 0);
            Diagnosis diagnosis = session.diagnose();
            assertEquals(Diagnosis.Limit.values().length, diagnosis.percentages().size());
            assertEquals(diagnosis.sentence(), diagnosis.toString());
            double sum = diagnosis.percentages().values().stream().mapToDouble(Double::doubleValue).sum();
            assertTrue(sum == 0 || Math.abs(sum - 100) < 0.01, "percent " + sum);
            assertTrue(net.server.stats().toString().startsWith("ServerStats["));
        }
    }

    @Test
    void ratesAndPolicyChangeWhileTheStreamRuns() throws Exception {
        try (Loopback net = new Loopback()) {
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            session.targetRate(Rate.mbps(50));
            session.minRate(Rate.mbps(1));
            session.policy(RatePolicy.LOW);
            net.server.targetRate(Rate.gbps(1));
            session.close();
            assertThrows(IllegalStateException.class, () -> session.policy(RatePolicy.HIGH));
            assertThrows(IllegalStateException.class, () -> session.reject("late"));
        }
    }
}
