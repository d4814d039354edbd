package faspstream.internal;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The one daemon thread that carries the engine's events to the Java threads that wait for them.
 *
 * <p>It starts with the first endpoint and ends when there has been none for a while. It never runs code of the user.
 */
public final class Poller implements Runnable {
    private static final Logger LOG = Logger.getLogger("faspstream.poller");
    private static final int EVENTS_PER_CALL = 256;
    private static final int MAX_WAIT_MILLIS = 500;
    /** So long the thread rests after it has failed, so that a lasting failure does not spin. */
    private static final long PAUSE_NANOS = 10_000_000L;
    private static final long IDLE_NANOS = 1_000_000_000L;

    private static final Map<Long, Endpoint> ENDPOINTS = new ConcurrentHashMap<>();
    private static final Queue<Ticker> TICKERS = new ConcurrentLinkedQueue<>();
    private static final ReentrantLock LOCK = new ReentrantLock();
    /** The running thread, or null; changed under LOCK. */
    private static Thread thread;

    private Poller() {}

    /** Something that wants to be called at its time on this thread. */
    public interface Ticker {
        /** When to call {@link #tick} next, as {@link System#nanoTime}. */
        long next();

        /** Called at its time or later; must not block. */
        void tick();
    }

    static void register(Endpoint endpoint) {
        ENDPOINTS.put(endpoint.handle(), endpoint);
        ensureRunning();
    }

    static void unregister(Endpoint endpoint) {
        ENDPOINTS.remove(endpoint.handle(), endpoint);
    }

    /** Calls {@code ticker} from now on. Its owner is a registered endpoint. */
    public static void add(Ticker ticker) {
        TICKERS.add(ticker);
        ensureRunning();
        Native.wake();
    }

    /** Calls {@code ticker} no more. */
    public static void remove(Ticker ticker) {
        TICKERS.remove(ticker);
    }

    /** True while the thread lives; for tests. */
    static boolean isRunning() {
        LOCK.lock();
        try {
            return thread != null;
        } finally {
            LOCK.unlock();
        }
    }

    private static void ensureRunning() {
        LOCK.lock();
        try {
            if (thread == null) {
                Thread t = new Thread(null, new Poller(), "faspstream-events", 0, false);
                t.setDaemon(true);
                t.setContextClassLoader(null);
                thread = t;
                t.start();
            }
        } finally {
            LOCK.unlock();
        }
    }

    /** Ends this thread if nobody needs it. An endpoint that comes later sees that and starts another. */
    private static boolean endIfIdle() {
        LOCK.lock();
        try {
            if (!ENDPOINTS.isEmpty() || !TICKERS.isEmpty()) {
                return false;
            }
            thread = null;
            return true;
        } finally {
            LOCK.unlock();
        }
    }

    @Override
    public void run() {
        long[] events = new long[2 * EVENTS_PER_CALL];
        long idleSince = System.nanoTime();
        while (true) {
            try {
                turn(events);
            } catch (RuntimeException | Error e) {
                // A bug of ours, but one that must not leave everybody waiting for ever.
                LOG.log(Level.SEVERE, "the poller has failed and goes on", e);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            if (!ENDPOINTS.isEmpty()) {
                idleSince = System.nanoTime();
            } else if (System.nanoTime() - idleSince > IDLE_NANOS && endIfIdle()) {
                return;
            }
        }
    }

    private static void turn(long[] events) {
        int count = Native.poll(events, waitMillis());
        for (int i = 0; i < count; i++) {
            dispatch(events[2 * i], (int) events[2 * i + 1]);
        }
        runTickers();
        EngineLog.drain();
    }

    private static void dispatch(long handle, int bits) {
        Endpoint endpoint = ENDPOINTS.get(handle);
        if (endpoint == null) {
            return;
        }
        try {
            endpoint.onReady(bits);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.SEVERE, "an event was not handled", e);
            endpoint.wake();
        }
    }

    private static int waitMillis() {
        long wait = MAX_WAIT_MILLIS;
        long now = System.nanoTime();
        for (Ticker ticker : TICKERS) {
            // Rounded up: waking a moment early would spin.
            wait = Math.min(wait, Math.max(0, (ticker.next() - now + 999_999) / 1_000_000));
        }
        return (int) wait;
    }

    private static void runTickers() {
        for (Ticker ticker : TICKERS) {
            if (ticker.next() - System.nanoTime() <= 0) {
                ticker.tick();
            }
        }
    }
}
