package faspstream.internal;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The Java side of one native handle: where its waiters park, and what releases it.
 *
 * <p>It holds no reference to the public object that it serves, so that a forgotten one can be found by a cleaner.
 */
public abstract class Endpoint {
    private final long handle;
    private final Signal signal = new Signal();
    private final AtomicBoolean released = new AtomicBoolean();

    /** Takes over a handle that {@link Native} gave. Call {@link #register} when the subclass is ready for events. */
    protected Endpoint(long handle) {
        this.handle = handle;
    }

    /** From now on {@link #onReady} is called. Look at the native state afterwards: earlier events are lost. */
    protected final void register() {
        Poller.register(this);
    }

    /** The native handle; stale after {@link #release}. */
    public final long handle() {
        return handle;
    }

    /** Where waiters park. */
    public final Signal signal() {
        return signal;
    }

    /** Called on the poller thread with {@link Ready} bits; must not block. */
    protected abstract void onReady(int bits);

    /** Called on the poller thread if {@link #onReady} threw, which is a bug of ours. */
    protected final void wake() {
        signal.fire();
    }

    /** Closes what is still open since nobody can do it any more; false if there was nothing to close. */
    protected abstract boolean abandon();

    /** True after {@link #release}. */
    public final boolean isReleased() {
        return released.get();
    }

    /** Gives the handle back, once; later native calls with it fail with "closed". */
    protected final void release() {
        if (released.compareAndSet(false, true)) {
            Poller.unregister(this);
            Native.release(handle);
            signal.fire();
        }
    }
}
