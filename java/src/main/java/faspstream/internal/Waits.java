package faspstream.internal;

import java.io.InterruptedIOException;
import java.util.concurrent.locks.ReentrantLock;

/** Waiting for something that events announce. */
public final class Waits {
    private Waits() {}

    /** A condition that may fail. */
    public interface Condition<E extends Exception> {
        /** True if the wait is over. */
        boolean holds() throws E;
    }

    /**
     * Takes a lock. Only a wait for it can be interrupted: a thread whose interrupt status is set takes a free lock.
     *
     * @throws InterruptedIOException if the thread is interrupted; its interrupt status stays set
     */
    public static void lock(ReentrantLock lock, String what) throws InterruptedIOException {
        if (lock.tryLock()) {
            return;
        }
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(what + " was interrupted");
        }
    }

    /**
     * Waits until {@code condition} holds, looking again after each event.
     *
     * @param deadline as {@link System#nanoTime}; 0 for none
     * @return false if the deadline has passed first
     * @throws InterruptedIOException if the thread is interrupted; its interrupt status stays set
     */
    public static <E extends Exception> boolean until(Signal signal, long deadline, String what, Condition<E> condition)
            throws E, InterruptedIOException {
        while (true) {
            long seen = signal.epoch();
            if (condition.holds()) {
                return true;
            }
            try {
                if (!signal.await(seen, deadline)) {
                    return condition.holds();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException(what + " was interrupted");
            }
        }
    }
}
