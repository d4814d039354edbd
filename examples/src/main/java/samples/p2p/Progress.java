package samples.p2p;

import faspstream.Direction;
import faspstream.Session;
import faspstream.Stats;
import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Shows how a stream gets on: a bar on a terminal, otherwise a line per second. */
final class Progress implements AutoCloseable {
    /** The length of a stream that tells it only by its end. */
    static final long UNKNOWN = -1;

    private static final int BAR_WIDTH = 30;

    private final Session session;
    private final long total;
    private final PrintStream out;
    private final boolean bar;
    private final ScheduledExecutorService clock;

    /**
     * Shows nothing yet.
     *
     * @param session the session of a client
     * @param total how many bytes there will be, or {@link #UNKNOWN}
     * @param out where to print
     */
    Progress(Session session, long total, PrintStream out) {
        this.session = session;
        this.total = total;
        this.out = out;
        this.bar = onTerminal();
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins to show. */
    void start() {
        long period = bar ? 200 : 1000;
        clock.scheduleAtFixedRate(this::show, period, period, TimeUnit.MILLISECONDS);
    }

    private void show() {
        Stats stats = session.stats();
        long done = session.direction() == Direction.PUSH ? stats.bytesAcknowledged() : stats.bytesDelivered();
        String text = String.format(Locale.ROOT, "%s%.1f MiB  %.1f Mbit/s  %s", share(done), done / 1048576.0,
                stats.currentRate().bitsPerSecond() / 1e6, path(stats));
        if (bar) {
            out.print("\r" + text + "\u001b[K");
            out.flush();
        } else {
            out.println(text);
        }
    }

    private String share(long done) {
        if (total <= 0) {
            return "";
        }
        double share = Math.min(1.0, (double) done / total);
        String percent = String.format(Locale.ROOT, "%3.0f %%  ", share * 100);
        int filled = (int) (share * BAR_WIDTH);
        return bar ? "[" + "#".repeat(filled) + " ".repeat(BAR_WIDTH - filled) + "] " + percent : percent;
    }

    /** What the network does to the stream. */
    static String path(Stats stats) {
        return String.format(Locale.ROOT, "RTT %.2f ms, loss %.2f %%", stats.rtt().toNanos() / 1e6, stats.lossRatio() * 100);
    }

    /** Since Java 22 there is a console without a terminal too, and a method that tells them apart. */
    private static boolean onTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    /** Ends the show, and clears the bar for what comes next. */
    @Override
    public void close() {
        clock.shutdownNow();
        try {
            clock.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (bar) {
            out.print("\r\u001b[K");
            out.flush();
        }
    }
}
