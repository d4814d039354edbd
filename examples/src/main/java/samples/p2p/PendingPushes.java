package samples.p2p;

import java.util.HashMap;
import java.util.Map;

/**
 * Lets a pull see the push before it. A client's push returns when the server has read the last byte, which is a moment before
 * the stream is published; a pull of that name in this moment has to wait for it.
 */
final class PendingPushes {
    private static final long PATIENCE_NANOS = 2_000_000_000L;

    private final Map<String, Integer> pushes = new HashMap<>();

    synchronized void begin(String name) {
        pushes.merge(name, 1, Integer::sum);
    }

    synchronized void end(String name) {
        pushes.computeIfPresent(name, (key, count) -> count == 1 ? null : count - 1);
        notifyAll();
    }

    /** Returns when no push of this name is going on, and after 2 s at the latest: a long push does not block the older stream. */
    synchronized void await(String name) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        long left = PATIENCE_NANOS;
        while (pushes.containsKey(name) && left > 0) {
            wait(left / 1_000_000 + 1);
            left = deadline - System.nanoTime();
        }
    }
}
