package faspstream.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Daemon threads for what may run code of the user: completions of futures, log handlers. They come when needed and go when idle. */
public final class Callbacks {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final ThreadPoolExecutor POOL =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), Callbacks::daemon);
    private static final ThreadPoolExecutor ORDERED =
            new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Callbacks::daemon);

    static {
        ORDERED.allowCoreThreadTimeOut(true);
    }

    private Callbacks() {}

    /** Runs tasks that may block, each on a thread of its own. */
    public static Executor pool() {
        return POOL;
    }

    /** Runs tasks one behind the other. */
    static Executor ordered() {
        return ORDERED;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(null, task, "faspstream-callback-" + COUNT.incrementAndGet(), 0, false);
        thread.setDaemon(true);
        return thread;
    }
}
