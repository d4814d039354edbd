package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Session after session through one server: heap, native memory, descriptors and threads stay where they were. 500 sessions;
 * {@code FASPSTREAM_LEAK_SESSIONS=10000} in the environment for the long form; with {@code JAVA_TOOL_OPTIONS='-Xms512m -XX:+AlwaysPreTouch'}
 * beside it the curve of resident memory that it prints is not that of a heap whose pages are used one after the other.
 */
@Timeout(7200)
class LeakTest {
    private static final int SAMPLES = 10;
    /** Of the sessions, so many tenths come before the first sample that counts: until then caches and compiled code grow. */
    private static final int WARM = 4;
    private static final long HEAP_MAX = 4L << 20;
    /** The JVM's own compiler and heap breathe by some of it. */
    private static final long RESIDENT_MAX = 48L << 20;
    private static final int HANDFUL = 8;

    /** What a process has, at one moment. */
    private static final class Sample {
        final long heap;
        final long resident;
        final long descriptors;
        final long threads;

        Sample() throws Exception {
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(20);
            }
            heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            resident = status("VmRSS:") << 10;
            threads = status("Threads:");
            try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
                descriptors = open.count();
            }
        }

        private static long status(String field) throws IOException {
            String line = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(l -> l.startsWith(field)).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("[^0-9]", ""));
        }

        @Override
        public String toString() {
            return "heap " + (heap >> 10) + " KiB, resident " + (resident >> 10) + " KiB, " + descriptors + " descriptors, " + threads + " threads";
        }
    }

    @Test
    void sessionsLeaveNothingBehind() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "only Linux says what a process has in files");
        String count = System.getenv("FASPSTREAM_LEAK_SESSIONS");
        int sessions = count == null ? 500 : Integer.parseInt(count);
        Sample first = null;
        Sample last = null;
        try (Loopback net = new Loopback()) {
            Client client = net.client();
            for (int sample = 0; sample < SAMPLES; sample++) {
                for (int i = 0; i < sessions / SAMPLES; i++) {
                    one(net, client, i);
                }
                last = new Sample();
                first = sample < WARM ? last : first;
                System.out.println((sample + 1) * (sessions / SAMPLES) + " sessions: " + last);
            }
            assertTrue(client.sessions().isEmpty() && net.server.sessions().isEmpty(), "sessions that are over are not held");
        }
        assertTrue(last.heap - first.heap < HEAP_MAX, "heap grows: " + first + "; " + last);
        assertTrue(last.resident - first.resident < RESIDENT_MAX, "native memory grows: " + first + "; " + last);
        assertTrue(last.descriptors - first.descriptors < HANDFUL, "descriptors grow: " + first + "; " + last);
        assertTrue(last.threads - first.threads < HANDFUL, "threads grow: " + first + "; " + last);
    }

    /** A session of each kind in turn: pushed, pulled, aborted by either end, rejected, closed in mid-stream. */
    private static void one(Loopback net, Client client, int kind) throws Exception {
        switch (kind % 5) {
            case 0:
                Future<Receipt> read = net.async(() -> net.accept().read(in -> in.transferTo(OutputStream.nullOutputStream())));
                assertEquals(50_000, client.push("pushed", out -> out.write(new byte[50_000])).bytes());
                Loopback.get(read);
                break;
            case 1:
                Future<Receipt> written = net.async(() -> net.accept().write(out -> out.write(new byte[50_000])));
                assertEquals(50_000, client.pull("pulled", in -> in.transferTo(OutputStream.nullOutputStream())).bytes());
                Loopback.get(written);
                break;
            case 2:
                try (Session near = client.open(Direction.PUSH, "aborted", Map.of()); Session far = net.accept()) {
                    near.abort("enough");
                    assertThrows(FaspException.class, () -> far.input().readAllBytes());
                }
                break;
            case 3:
                try (Session near = client.open(Direction.PULL, "rejected", Map.of()); Session far = net.accept()) {
                    far.reject("not that one");
                    assertThrows(FaspException.class, () -> near.input().read());
                }
                break;
            default:
                Session near = client.open(Direction.PUSH, "closed", Map.of());
                try (Session far = net.accept()) {
                    near.output().write(new byte[20_000]);
                    near.close();
                    assertThrows(FaspException.class, () -> far.input().readAllBytes());
                }
        }
    }
}
