package faspstream;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** What an endpoint shows of itself: sums and extremes over its open sessions. Holds no reference to the endpoint. */
final class EndpointBean implements EndpointMXBean {
    private final String address;
    private final SessionBook book;

    EndpointBean(String address, SessionBook book) {
        this.address = address;
        this.book = book;
    }

    private long sum(ToLongFunction<Stats> part) {
        return book.cores().stream().map(SessionCore::stats).mapToLong(part).sum();
    }

    private double largest(ToDoubleFunction<Stats> part) {
        return book.cores().stream().map(SessionCore::stats).mapToDouble(part).max().orElse(0);
    }

    @Override
    public String getAddress() {
        return address;
    }

    @Override
    public int getSessionsOpen() {
        return book.cores().size();
    }

    @Override
    public long getSessionsOpened() {
        return book.opened();
    }

    @Override
    public long getSessionsCompleted() {
        return book.completed();
    }

    @Override
    public long getSessionsFailed() {
        return book.failed();
    }

    @Override
    public long getRateBitsPerSecond() {
        return sum(stats -> stats.currentRate().bitsPerSecond());
    }

    @Override
    public double getRttMillis() {
        return largest(stats -> stats.rtt().toNanos() / 1e6);
    }

    @Override
    public double getQueueingDelayMillis() {
        return largest(stats -> stats.queueingDelay().toNanos() / 1e6);
    }

    @Override
    public double getLossRatio() {
        long sent = sum(Stats::datagramsSent);
        return sent == 0 ? 0 : (double) sum(Stats::datagramsLost) / sent;
    }

    @Override
    public long getNativeMemoryBytes() {
        return sum(Stats::nativeMemory);
    }

    @Override
    public long getOutages() {
        return sum(Stats::outages);
    }

    @Override
    public List<SessionStatus> getSessions() {
        return book.cores().stream().map(SessionRow::new).collect(Collectors.toList());
    }
}
