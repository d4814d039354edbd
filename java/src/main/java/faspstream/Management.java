package faspstream;

import faspstream.internal.Callbacks;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Registers an MXBean for each server and client, and takes it away with them. In the background: the first use of JMX costs a program some
 * 100 ms, which nobody shall wait for.
 */
final class Management {
    private static final Logger LOG = Logger.getLogger("faspstream.management");
    private static final AtomicLong IDS = new AtomicLong();

    private final String name;
    private final Bean bean;
    private ObjectName registered;
    private boolean ended;

    private Management(String type, String address, SessionBook book) {
        this.name = "faspstream:type=" + type + ",name=" + ObjectName.quote(address) + ",id=" + IDS.incrementAndGet();
        this.bean = new Bean(address, book);
    }

    /** Begins to show an endpoint; gives what ends that. */
    static Runnable show(String type, String address, SessionBook book) {
        boolean wanted = Boolean.parseBoolean(System.getProperty("faspstream.jmx", "true"));
        if (!wanted || ModuleLayer.boot().findModule("java.management").isEmpty()) {
            return () -> {};
        }
        Management shown = new Management(type, address, book);
        Callbacks.pool().execute(shown::register);
        return () -> Callbacks.pool().execute(shown::unregister);
    }

    private synchronized void register() {
        try {
            if (!ended) {
                MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
                registered = beans.registerMBean(bean, new ObjectName(name)).getObjectName();
            }
        } catch (JMException | RuntimeException e) {
            LOG.log(Level.FINE, "JMX does not show " + name, e);
        }
    }

    private synchronized void unregister() {
        ended = true;
        try {
            if (registered != null) {
                ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered);
            }
        } catch (JMException | RuntimeException e) {
            LOG.log(Level.FINE, "JMX still shows " + name, e);
        }
    }

    private static final class Bean implements EndpointMXBean {
        private final String address;
        private final SessionBook book;

        Bean(String address, SessionBook book) {
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
}
