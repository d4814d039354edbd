package faspstream.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Where threads wait for "something has changed" without a monitor, so that no virtual thread is pinned.
 *
 * <p>A waiter reads {@link #epoch}, looks at the state, and calls {@link #await} with what it read: a {@link #fire} in between is not lost.
 */
public final class Signal {
    private final AtomicLong epoch = new AtomicLong();
    /** A set, since thousands may wait for one server. */
    private final Set<Thread> waiters = ConcurrentHashMap.newKeySet();
    /** What runs with every fire, for those that don't wait. */
    private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();

    /** Changes with every {@link #fire}. */
    public long epoch() {
        return epoch.get();
    }

    /** Wakes all that wait and runs all that watch. Never blocks. */
    public void fire() {
        epoch.incrementAndGet();
        for (Thread waiter : waiters) {
            LockSupport.unpark(waiter);
        }
        watchers.forEach(Runnable::run);
    }

    /**
     * Wakes one of those that wait, for what only one of them can have. Never blocks.
     *
     * <p>The one may be on its way out or awake already, so whoever got something, or leaves without it, calls this again.
     */
    public void fireOne() {
        epoch.incrementAndGet();
        for (Thread waiter : waiters) {
            LockSupport.unpark(waiter);
            return;
        }
    }

    /** Runs {@code watcher} with every {@link #fire} from now on, on the thread that fires: it must not block, nor throw. */
    public void watch(Runnable watcher) {
        watchers.add(watcher);
    }

    /** Ends what {@link #watch} began. */
    public void unwatch(Runnable watcher) {
        watchers.remove(watcher);
    }

    /**
     * Waits until {@link #fire} was called after {@code seen} was read.
     *
     * @param deadline as {@link System#nanoTime}; 0 for none
     * @return false if the deadline has passed first
     * @throws InterruptedException if the thread is interrupted; its interrupt status is cleared
     */
    public boolean await(long seen, long deadline) throws InterruptedException {
        Thread me = Thread.currentThread();
        waiters.add(me);
        try {
            while (epoch.get() == seen) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (!park(deadline)) {
                    return false;
                }
            }
            return true;
        } finally {
            waiters.remove(me);
        }
    }

    private boolean park(long deadline) {
        if (deadline == 0) {
            LockSupport.park(this);
            return true;
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            return false;
        }
        LockSupport.parkNanos(this, left);
        return true;
    }

    /** The moment {@code nanos} from now, never 0; 0 if {@code nanos} is 0. */
    public static long deadline(long nanos) {
        if (nanos == 0) {
            return 0;
        }
        long deadline = System.nanoTime() + nanos;
        return deadline == 0 ? 1 : deadline;
    }
}
