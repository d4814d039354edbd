package faspstream;

import faspstream.internal.Callbacks;
import faspstream.internal.Poller;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Reports of a session at intervals: never two at once, the newest only, and exactly one when it is over, which is the last. */
final class Progress implements Poller.Ticker {
    private static final Logger LOG = Logger.getLogger("faspstream.progress");

    private final SessionCore core;
    private final long everyNanos;
    private final Executor executor;
    private final Consumer<Stats> consumer;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicBoolean lastGiven = new AtomicBoolean();
    private volatile boolean ended;
    private volatile long next;

    Progress(SessionCore core, long everyNanos, Executor executor, Consumer<Stats> consumer) {
        this.core = core;
        this.everyNanos = everyNanos;
        this.executor = executor;
        this.consumer = consumer;
        this.next = System.nanoTime() + everyNanos;
    }

    void start() {
        Poller.add(this);
    }

    void end() {
        Poller.remove(this);
        ended = true;
        hand();
    }

    @Override
    public long next() {
        return next;
    }

    @Override
    public void tick() {
        next = System.nanoTime() + everyNanos;
        hand();
    }

    /** Gives a report unless one is still being worked on; that one looks again when it is done. */
    private void hand() {
        if (lastGiven.get() || !busy.compareAndSet(false, true)) {
            return;
        }
        // By a thread of ours: the executor may run it at once, or block, and the poller must not.
        Callbacks.pool().execute(() -> {
            try {
                executor.execute(this::report);
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "the executor of a progress listener refused its task", e);
                busy.set(false);
            }
        });
    }

    private void report() {
        boolean isLast = ended;
        try {
            if (!isLast || lastGiven.compareAndSet(false, true)) {
                consumer.accept(core.stats());
            }
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "a progress listener threw", e);
        } finally {
            busy.set(false);
            if (ended && !isLast) {
                hand();
            }
        }
    }
}
