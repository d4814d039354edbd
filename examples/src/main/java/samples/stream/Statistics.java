package samples.stream;

import faspstream.Client;
import faspstream.Direction;
import faspstream.Session;
import faspstream.Stats;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Pushes zeros for some seconds and shows once a second what the stream does and what limits it.
 *
 * <p>{@code java ... samples.stream.Statistics SECONDS}, against a GenericServerExample
 */
public final class Statistics {
    private Statistics() {}

    /**
     * Pushes and shows.
     *
     * @param args how many seconds
     * @throws IOException if the peer's program has not read all of it
     */
    public static void main(String[] args) throws IOException {
        long end = System.nanoTime() + Duration.ofSeconds(Long.parseLong(args[0])).toNanos();
        ExecutorService printer = Executors.newSingleThreadExecutor();
        try (Client client = Client.builder().connect();
                Session session = client.open(Direction.PUSH, "statistics", Map.of())) {
            session.onProgress(Duration.ofSeconds(1), printer, stats -> System.out.println(line(stats) + session.diagnose()));
            System.out.println(session.write(out -> {
                byte[] zeros = new byte[1 << 16];
                while (System.nanoTime() < end) {
                    out.write(zeros);
                }
            }));
        } finally {
            printer.shutdown();
        }
    }

    static String line(Stats stats) {
        return String.format(Locale.ROOT, "%8.1f Mbit/s  rtt %6.1f ms  queue %5.1f ms  lost %5.2f %%  again %5.2f %%  ",
                stats.currentRate().bitsPerSecond() / 1e6, stats.rtt().toNanos() / 1e6, stats.queueingDelay().toNanos() / 1e6,
                100 * stats.lossRatio(), 100 * stats.retransmissionOverhead());
    }
}
