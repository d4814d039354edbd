package faspstream;

import faspstream.internal.Checks;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;

/** The writing end of a session as a subscriber. */
final class ByteSubscriber implements Flow.Subscriber<ByteBuffer> {
    /** Elements asked for ahead, so that the engine is not idle while the publisher makes the next one. */
    private static final int AHEAD = 4;

    private final Session session;
    private final SessionCore core;
    private final SerialTask task = new SerialTask(this::serve);
    private final Runnable watcher = task::request;
    private final AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();
    private final Queue<ByteBuffer> waiting = new ConcurrentLinkedQueue<>();
    /** Everything has come. */
    private volatile boolean complete;
    /** What the publisher failed of. */
    private volatile Throwable failed;

    /** The stream is finished or has failed; only inside of the task. */
    private boolean done;

    ByteSubscriber(Session session, SessionCore core) {
        this.session = session;
        this.core = core;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        Checks.notNull(given, "subscription");
        if (!subscription.compareAndSet(null, given)) {
            given.cancel();
            return;
        }
        core.signal().watch(watcher);
        given.request(AHEAD);
        task.request();
    }

    @Override
    public void onNext(ByteBuffer bytes) {
        waiting.add(Checks.notNull(bytes, "bytes").duplicate());
        task.request();
    }

    @Override
    public void onError(Throwable why) {
        failed = Checks.notNull(why, "error");
        task.request();
    }

    @Override
    public void onComplete() {
        complete = true;
        task.request();
    }

    private void serve() {
        if (done) {
            return;
        }
        try {
            if (failed != null) {
                end();
                core.abort(FaspText.of(failed));
                return;
            }
            // Read before the queue: what comes after it is empty would be missed.
            boolean last = complete;
            Outcome outcome = core.settle();
            if (outcome != null) {
                stop();
            } else if (writeWaiting() && last) {
                end();
                core.finish();
            }
        } catch (FaspException e) {
            stop();
        } catch (RuntimeException e) {
            // The subscription threw, which it must not (rule 3.16).
            end();
            core.abort(FaspText.of(e));
        } finally {
            Reference.reachabilityFence(session);
        }
    }

    /** True if all that has come was taken by the engine. */
    private boolean writeWaiting() throws FaspException {
        ByteBuffer next = waiting.peek();
        while (next != null) {
            if (next.hasRemaining()) {
                int n = write(next);
                if (n == 0) {
                    return false;
                }
                next.position(next.position() + n);
            }
            if (!next.hasRemaining()) {
                waiting.remove();
                subscription.get().request(1);
                next = waiting.peek();
            }
        }
        return true;
    }

    private int write(ByteBuffer from) throws FaspException {
        if (from.isDirect()) {
            return core.write(null, from, from.position(), from.remaining());
        }
        if (from.hasArray()) {
            return core.write(from.array(), null, from.arrayOffset() + from.position(), from.remaining());
        }
        byte[] copy = new byte[Math.min(from.remaining(), 1 << 16)];
        from.duplicate().get(copy);
        return core.write(copy, null, 0, copy.length);
    }

    /** The session is over: nothing more is wanted. */
    private void stop() {
        end();
        subscription.get().cancel();
    }

    private void end() {
        done = true;
        waiting.clear();
        core.signal().unwatch(watcher);
    }
}
