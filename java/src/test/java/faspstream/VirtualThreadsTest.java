package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand virtual threads that wait in accept, read and write. Needs JDK 21 or newer; compiled for 11, so by reflection. */
@Timeout(180)
class VirtualThreadsTest {
    private static final int ACCEPTING = 4_000;
    private static final int SESSIONS = 500;
    private static final int THREADS_PER_SESSION = 6;
    private static final int SAMPLE = 99;
    private static final long BUFFER = 64 << 10;
    private static final byte[] MUCH = new byte[1 << 20];

    @TempDir
    Path dir;

    private final List<Waiter> waiters = new ArrayList<>();
    /** The other ends, by the id of their session: who forgets a session ends it. */
    private final Map<String, Session> theirs = new ConcurrentHashMap<>();

    @BeforeEach
    void needsVirtualThreads() {
        assumeTrue(Runtime.version().feature() >= 21, "virtual threads need JDK 21 or newer: ./gradlew junitVirtualThreads runs this");
    }

    private interface Call {
        void run() throws IOException;
    }

    /** A virtual thread that waits in a call, and when and of what it woke. */
    private static final class Waiter implements Runnable {
        final Thread thread;
        private final Call call;
        volatile long wokeAt;
        volatile IOException woke;

        Waiter(Call call) {
            this.call = call;
            this.thread = startVirtual(this);
        }

        @Override
        public void run() {
            try {
                call.run();
            } catch (IOException e) {
                wokeAt = System.nanoTime();
                woke = e;
            }
        }

        boolean isWaiting() {
            return thread.getState() == Thread.State.WAITING;
        }
    }

    private static Thread startVirtual(Runnable task) {
        try {
            return (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, task);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void tenThousandOfThemWaitWithoutAPinnedCarrierAndWakeAtOnce() throws Exception {
        Path file = dir.resolve("pinned.jfr");
        try (Recording recording = new Recording();
                Loopback net = new Loopback(Server.builder().bufferSize(BUFFER).maxSessions(2 * SESSIONS))) {
            wakeOnce(true);
            wakeOnce(false);
            takeSessions(net);
            List<Session> reading = open(net, Direction.PULL);
            List<Session> writing = open(net, Direction.PUSH);
            recording.enable("jdk.VirtualThreadPinned").withoutThreshold();
            recording.start();
            start(ACCEPTING, net.server::accept);
            reading.forEach(session -> start(THREADS_PER_SESSION, () -> session.input().read()));
            writing.forEach(session -> start(THREADS_PER_SESSION, () -> session.output().write(MUCH)));
            assertEquals(10_000, waiters.size());
            while (!waiters.stream().allMatch(Waiter::isWaiting)) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            interruptSome();
            closeAll(net, reading, writing);
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> pinned = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("jdk.VirtualThreadPinned"))
                .collect(Collectors.toList());
        assertTrue(pinned.isEmpty(), () -> pinned.size() + " times pinned, first: " + pinned.get(0));
    }

    /** Loads the classes of every kind of wake: a thread that waits for the class loader is pinned, by the JDK and once. */
    private void wakeOnce(boolean byClose) throws Exception {
        try (Loopback net = new Loopback(Server.builder().bufferSize(BUFFER))) {
            Client client = net.client(Client.builder().bufferSize(BUFFER));
            Session reading = client.open(Direction.PULL, "warm-up", Map.of());
            theirs.put("reading", net.accept());
            Session writing = client.open(Direction.PUSH, "warm-up", Map.of());
            theirs.put("writing", net.accept());
            List<Waiter> waiters = List.of(new Waiter(net.server::accept), new Waiter(() -> reading.input().read()),
                    new Waiter(() -> writing.output().write(MUCH)));
            while (!waiters.stream().allMatch(Waiter::isWaiting)) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            if (byClose) {
                reading.close();
                writing.close();
                net.server.close();
            } else {
                waiters.forEach(waiter -> waiter.thread.interrupt());
            }
            for (Waiter waiter : waiters) {
                waiter.thread.join();
            }
        }
        theirs.clear();
    }

    private void takeSessions(Loopback net) {
        net.async(() -> {
            while (theirs.size() < 2 * SESSIONS) {
                Session session = net.accept();
                theirs.put(session.id(), session);
            }
            return null;
        });
    }

    private List<Session> open(Loopback net, Direction direction) throws Exception {
        Client client = net.client(Client.builder().bufferSize(BUFFER));
        List<Session> sessions = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            sessions.add(client.open(direction, direction + "-" + i, Map.of()));
        }
        while (!theirs.keySet().containsAll(sessions.stream().map(Session::id).collect(Collectors.toList()))) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return sessions;
    }

    private void start(int count, Call call) {
        for (int i = 0; i < count; i++) {
            waiters.add(new Waiter(call));
        }
    }

    /** One by one, from all kinds: a thread wakes with an exception of the interrupt. */
    private void interruptSome() throws InterruptedException {
        long[] nanos = new long[SAMPLE];
        for (int i = 0; i < SAMPLE; i++) {
            Waiter waiter = waiters.get(i * (waiters.size() / SAMPLE));
            long at = System.nanoTime();
            waiter.thread.interrupt();
            waiter.thread.join();
            assertTrue(waiter.woke instanceof InterruptedIOException, () -> "woke of " + waiter.woke);
            nanos[i] = waiter.wokeAt - at;
        }
        report("interrupt", nanos, 50);
    }

    /** Session by session, then the server with all that wait for it. */
    private void closeAll(Loopback net, List<Session> reading, List<Session> writing) throws InterruptedException {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            int first = ACCEPTING + i * THREADS_PER_SESSION;
            nanos.addAll(close(reading.get(i)::close, waiters.subList(first, first + THREADS_PER_SESSION)));
            first += SESSIONS * THREADS_PER_SESSION;
            nanos.addAll(close(writing.get(i)::close, waiters.subList(first, first + THREADS_PER_SESSION)));
        }
        report("close of a session", nanos.stream().mapToLong(Long::longValue).toArray(), 50);
        nanos = close(() -> startVirtual(net.server::close), waiters.subList(0, ACCEPTING));
        // Four thousand at once: how soon the last of them runs is a matter of the processors.
        report("close of the server", nanos.stream().mapToLong(Long::longValue).toArray(), Double.MAX_VALUE);
    }

    private static List<Long> close(Runnable close, List<Waiter> waiters) throws InterruptedException {
        List<Waiter> left = waiters.stream().filter(waiter -> waiter.woke == null).collect(Collectors.toList());
        List<Long> nanos = new ArrayList<>();
        long at = System.nanoTime();
        close.run();
        for (Waiter waiter : left) {
            waiter.thread.join();
            assertTrue(waiter.woke instanceof FaspException, () -> "woke of " + waiter.woke);
            nanos.add(waiter.wokeAt - at);
        }
        return nanos;
    }

    /** The goal is 50 ms for each; a busy machine may hold single threads up, so the median is what must keep it. */
    private static void report(String what, long[] nanos, double limitMillis) {
        Arrays.sort(nanos);
        double median = nanos[nanos.length / 2] / 1e6;
        System.out.printf("%s: %d threads woke, median %.2f ms, longest %.2f ms%n", what, nanos.length, median, nanos[nanos.length - 1] / 1e6);
        assertTrue(median < limitMillis, "median " + median + " ms");
    }
}
