package faspstream;

import faspstream.internal.Native;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;

/** What a subscriber of a stream's bytes holds: its demand, and the loop that serves it. */
final class ByteSubscription implements Flow.Subscription {
    private final Session session;
    private final SessionCore core;
    private final int maxBytes;
    private final Flow.Subscriber<? super ByteBuffer> subscriber;
    private final SerialTask task = new SerialTask(this::serve);
    private final Runnable watcher = task::request;
    private final AtomicLong demand = new AtomicLong();
    /** A request below one: the error that is due. */
    private volatile RuntimeException fault;
    private volatile boolean cancelled;

    // From here on: only inside of the task.
    private boolean subscribed;
    private boolean endSeen;
    private boolean done;
    /** Filled from {@link #filled}; handed on as it is when it is full. */
    private byte[] chunk;
    /** 1 if a byte came along when the end was looked for without demand. */
    private int filled;

    ByteSubscription(Session session, SessionCore core, int maxBytes, Flow.Subscriber<? super ByteBuffer> subscriber) {
        this.session = session;
        this.core = core;
        this.maxBytes = maxBytes;
        this.subscriber = subscriber;
    }

    void start() {
        core.signal().watch(watcher);
        task.request();
    }

    @Override
    public void request(long count) {
        if (count <= 0) {
            fault = new IllegalArgumentException("request is " + count + ", allowed is 1 or more (Reactive Streams, rule 3.9)");
        } else {
            demand.accumulateAndGet(count, (have, more) -> have + more < 0 ? Long.MAX_VALUE : have + more);
        }
        task.request();
    }

    @Override
    public void cancel() {
        cancelled = true;
        task.request();
    }

    private void serve() {
        try {
            if (!done && !subscribed) {
                subscribe();
            }
            while (!done && step()) {
                // the next step
            }
        } catch (FaspException e) {
            fail(e);
        } catch (RuntimeException | Error e) {
            // The subscriber threw, which it must not (rule 2.13): it hears nothing more, and the writer hears why.
            end();
            core.abort(FaspText.of(e));
        } finally {
            Reference.reachabilityFence(session);
        }
    }

    private void subscribe() throws FaspException {
        subscribed = true;
        subscriber.onSubscribe(this);
        // A session that is over has nothing to hold, and its reads tell how it ended.
        if (core.settle() == null) {
            core.holdCompletion();
        }
    }

    /** False if nothing can be done before something happens. */
    private boolean step() throws FaspException {
        if (cancelled) {
            end();
            core.abort("the subscriber cancelled");
            return false;
        }
        if (fault != null) {
            fail(fault);
            return false;
        }
        if (endSeen) {
            return confirmed();
        }
        return demand.get() > 0 ? give() : lookForEnd();
    }

    /** One element, as large as what is there. */
    private boolean give() throws FaspException {
        int n = fill(maxBytes);
        if (n == Native.EMPTY && filled == 0) {
            return false;
        }
        if (n != Native.END) {
            filled += n;
        }
        endSeen = n == Native.END;
        if (filled > 0) {
            hand();
        }
        return true;
    }

    private void hand() {
        byte[] bytes = filled == chunk.length ? chunk : Arrays.copyOf(chunk, filled);
        chunk = filled == chunk.length ? null : chunk;
        filled = 0;
        demand.updateAndGet(have -> have == Long.MAX_VALUE ? have : have - 1);
        subscriber.onNext(ByteBuffer.wrap(bytes).asReadOnlyBuffer());
    }

    /** Without demand only the end may be told; a byte that comes just now waits for the next element. */
    private boolean lookForEnd() throws FaspException {
        if (filled > 0 || core.available() > 0) {
            return false;
        }
        int n = fill(1);
        endSeen = n == Native.END;
        filled += Math.max(n, 0);
        return endSeen;
    }

    private int fill(int most) throws FaspException {
        if (chunk == null) {
            chunk = new byte[maxBytes];
        }
        int room = Math.min(most, chunk.length - filled);
        return room == 0 ? Native.EMPTY : core.read(chunk, null, filled, room);
    }

    /** The subscriber has got everything: the writer may know. */
    private boolean confirmed() throws FaspException {
        core.confirm();
        Outcome outcome = core.settle();
        if (outcome == null) {
            return false;
        }
        outcome.receiptOrThrow();
        end();
        subscriber.onComplete();
        return false;
    }

    private void fail(Exception why) {
        if (!done) {
            end();
            core.abort(FaspText.of(why));
            subscriber.onError(why);
        }
    }

    private void end() {
        done = true;
        chunk = null;
        core.signal().unwatch(watcher);
    }
}
