package faspstream;

import faspstream.internal.Callbacks;
import java.util.concurrent.atomic.AtomicInteger;

/** Work that is asked for from many threads and done by one at a time, on a thread of the library; no request is lost. */
final class SerialTask {
    private final Runnable work;
    private final AtomicInteger requests = new AtomicInteger();

    SerialTask(Runnable work) {
        this.work = work;
    }

    /** Has the work done once more, soon. Never blocks. */
    void request() {
        if (requests.getAndIncrement() == 0) {
            Callbacks.pool().execute(this::run);
        }
    }

    private void run() {
        int seen = requests.get();
        while (seen != 0) {
            work.run();
            seen = requests.addAndGet(-seen);
        }
    }
}
