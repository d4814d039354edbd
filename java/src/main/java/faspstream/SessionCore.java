package faspstream;

import faspstream.internal.Callbacks;
import faspstream.internal.Endpoint;
import faspstream.internal.Jdk;
import faspstream.internal.Native;
import faspstream.internal.NativeFailure;
import faspstream.internal.Ready;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The state of a session that its streams share: the native handle, how it ended, and who waits for that.
 *
 * <p>The first outcome stays: with it, the last snapshots are taken, the handle is given back and all waiters wake. Thread-safe; no method
 * blocks but {@link #await} and {@link #awaitReceipt}. Holds no reference to its {@link Session}.
 */
final class SessionCore extends Endpoint {
    /** Most bytes of one native call: bounds the time for which a copy holds up the garbage collector. */
    private static final int MAX_CALL = 1 << 20;

    /** How long {@link #rest} waits: many times as long as a fast stream keeps its reader waiting, and too short for an interrupt to be missed. */
    private static final int REST_MICROS = 1_000;
    /** Waits for events after a rest that was in vain. */
    private static final int EVENTFUL = 64;

    private volatile SessionInfo info;
    private final AtomicReference<Outcome> outcome = new AtomicReference<>();
    private final AtomicReference<Completion> completion = new AtomicReference<>();
    private final Queue<Progress> progress = new ConcurrentLinkedQueue<>();
    private volatile Stats lastStats = new Stats(new long[Stats.COUNT]);
    private volatile Diagnosis lastDiagnosis;
    private volatile byte[] lastRecording = new byte[0];
    private final Queue<Runnable> atEnd = new ConcurrentLinkedQueue<>();
    /** The reader has seen the verified end: what comes now is only the peer's farewell. */
    private volatile boolean endSeen;
    /** Waits before the next {@link #rest}. */
    private int eventful;

    SessionCore(long handle) {
        super(handle);
        refreshInfo();
        register();
        if (state() == Native.COMPLETED) {
            settle();
        }
    }

    /** Fetches the facts again: a client knows the id only when the session is open. */
    void refreshInfo() {
        try {
            info = new SessionInfo(Native.sessionInfo(handle()));
        } catch (NativeFailure f) {
            // it is over: whoever asks next is told how
        }
    }

    SessionInfo info() {
        return info;
    }

    /** Cancelling it aborts the session. */
    private static final class Completion extends CompletableFuture<Receipt> {
        private final SessionCore core;

        Completion(SessionCore core) {
            this.core = core;
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            if (cancelled) {
                core.abort("cancelled");
            }
            return cancelled;
        }

        @Override
        public <U> CompletableFuture<U> newIncompleteFuture() {
            return new CompletableFuture<>();
        }

        void settle(Outcome outcome) {
            if (outcome.receipt != null) {
                complete(outcome.receipt);
            } else {
                completeExceptionally(outcome.exception());
            }
        }
    }

    @Override
    protected void onReady(int bits) {
        if ((bits & Ready.ENDED) != 0) {
            settle();
        }
        signal().fire();
    }

    // ---- how it ends

    /** How it ended, null while it runs. Asks nobody. */
    Outcome outcome() {
        return outcome.get();
    }

    /** Native state; {@link Native#COMPLETED} also for one that has failed. */
    private int state() {
        try {
            return Native.sessionState(handle());
        } catch (NativeFailure f) {
            return Native.COMPLETED;
        }
    }

    /** True once the peer's engine has accepted, or the session is over. */
    boolean isOpened() {
        return outcome.get() != null || state() != Native.OPENING;
    }

    /** Looks whether the session is over, and takes down how. */
    Outcome settle() {
        Outcome known = outcome.get();
        if (known != null) {
            return known;
        }
        try {
            if (Native.sessionState(handle()) != Native.COMPLETED) {
                return null;
            }
            byte[] receipt = Native.receipt(handle());
            return receipt == null ? null : end(Outcome.completed(new Receipt(receipt)), null);
        } catch (NativeFailure f) {
            snapshot();
            return end(Outcome.failed(f, lastDiagnosis, recording()), null);
        }
    }

    /** Ends it from this side. The reason goes to the peer; nothing happens if it is over already. */
    private boolean endLocally(ErrorCode code, String reason, String message) {
        if (settle() != null) {
            return false;
        }
        snapshot();
        Outcome mine = Outcome.ended(code, lastStats.bytesDelivered(), message);
        return end(mine, reason) == mine;
    }

    private Outcome end(Outcome candidate, String reason) {
        snapshot();
        recording();
        if (!outcome.compareAndSet(null, candidate)) {
            return outcome.get();
        }
        if (reason != null) {
            try {
                Native.abort(handle(), FaspText.reason(reason));
            } catch (NativeFailure f) {
                // it has ended by itself in this moment
            }
        }
        release();
        settleCompletion();
        progress.forEach(Progress::end);
        runAtEnd();
        return candidate;
    }

    /** Runs {@code action} once when the session is over, or now; it must not block, nor throw. */
    void onEnd(Runnable action) {
        atEnd.add(action);
        if (outcome.get() != null) {
            runAtEnd();
        }
    }

    private void runAtEnd() {
        for (Runnable action = atEnd.poll(); action != null; action = atEnd.poll()) {
            action.run();
        }
    }

    /** Aborts the stream with a reason for the peer. */
    boolean abort(String reason) {
        return endLocally(ErrorCode.ABORTED, reason, "the stream was aborted at this end: " + reason);
    }

    /** Closes it; in mid-stream that is an abort. */
    boolean close() {
        if (endSeen) {
            settle();
            return false;
        }
        return endLocally(
                ErrorCode.CLOSED, "closed in mid-stream", "the session was closed at this end before its stream was complete");
    }

    @Override
    protected boolean abandon() {
        return outcome.get() == null && close();
    }

    private void snapshot() {
        stats();
        diagnose();
    }

    // ---- waiting

    /** Waits for the next event after {@code seen}; 0 is no deadline. */
    void await(long seen, long deadline, String what) throws IOException {
        try {
            if (!signal().await(seen, deadline)) {
                throw new SocketTimeoutException(what + " timed out; the stream is still usable");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(what + " was interrupted");
        }
    }

    /**
     * Waits a moment inside the engine, after a read or write that gave nothing: where bytes come fast an event is a detour, since it has to
     * wake the thread of the events first. True if it has waited: look again then before {@link #await}.
     *
     * <p>Called by one thread at a time, that which holds the stream's lock.
     */
    boolean rest() throws FaspException {
        if (eventful > 0) {
            eventful--;
            return false;
        }
        if (Jdk.isVirtualThread()) {
            return false;
        }
        try {
            if (Native.rest(handle(), REST_MICROS)) {
                // Who watches the events has missed this one.
                signal().fire();
            } else {
                eventful = EVENTFUL;
            }
            return true;
        } catch (NativeFailure f) {
            throw failure(f);
        }
    }

    /** Waits until the session is over. */
    Receipt awaitReceipt() throws IOException {
        while (true) {
            long seen = signal().epoch();
            Outcome now = settle();
            if (now != null) {
                return now.receiptOrThrow();
            }
            await(seen, 0, "waiting for the peer to read the whole stream");
        }
    }

    CompletableFuture<Receipt> completion() {
        Completion mine = completion.get();
        if (mine == null) {
            mine = new Completion(this);
            if (!completion.compareAndSet(null, mine)) {
                return completion.get();
            }
            settleCompletion();
        }
        return mine;
    }

    /** On a thread of its own, since it runs what the user hung on the future. */
    private void settleCompletion() {
        Completion asked = completion.get();
        Outcome now = outcome.get();
        if (asked != null && now != null) {
            Callbacks.pool().execute(() -> asked.settle(now));
        }
    }

    void addProgress(Progress added) {
        progress.add(added);
        added.start();
        if (outcome.get() != null) {
            added.end();
        }
    }

    // ---- bytes; never wait

    /** Bytes read, {@link Native#EMPTY} or {@link Native#END}. Into {@code array}, or into {@code direct} where that is null. */
    int read(byte[] array, ByteBuffer direct, int offset, int length) throws FaspException {
        if (endSeen) {
            return Native.END;
        }
        try {
            int most = Math.min(length, MAX_CALL);
            int n = array != null
                    ? Native.read(handle(), array, offset, most)
                    : Native.readDirect(handle(), direct, offset, most);
            if (n == Native.END) {
                endSeen = true;
                settle();
            }
            return n;
        } catch (NativeFailure f) {
            if (settle() != null && outcome.get().receipt != null) {
                return Native.END;
            }
            throw failure(f);
        }
    }

    /** Bytes taken, 0 if the buffer is full. From {@code array}, or from {@code direct} where that is null. */
    int write(byte[] array, ByteBuffer direct, int offset, int length) throws FaspException {
        try {
            int most = Math.min(length, MAX_CALL);
            return array != null
                    ? Native.write(handle(), array, offset, most)
                    : Native.writeDirect(handle(), direct, offset, most);
        } catch (NativeFailure f) {
            throw failure(f);
        }
    }

    void flush() throws FaspException {
        attempt(() -> Native.flush(handle()));
    }

    void finish() throws FaspException {
        attempt(() -> Native.finish(handle()));
    }

    private interface Step {
        void run() throws NativeFailure;
    }

    private void attempt(Step step) throws FaspException {
        try {
            step.run();
        } catch (NativeFailure f) {
            throw failure(f);
        }
    }

    /** The writer is told of the last byte only after {@link #confirm}: what the reader does after it may fail. */
    void holdCompletion() throws FaspException {
        unlessCompleted(() -> Native.holdCompletion(handle()));
    }

    /** Ends {@link #holdCompletion}; nothing happens if that is done already. */
    void confirm() throws FaspException {
        unlessCompleted(() -> Native.confirm(handle()));
    }

    /**
     * What makes no difference to a session that has completed, and may have done so in this moment: a stream of no bytes has no last one to
     * wait for, and who confirms twice is late.
     */
    private void unlessCompleted(Step step) throws FaspException {
        try {
            step.run();
        } catch (NativeFailure f) {
            if (settle() == null || outcome.get().receipt == null) {
                throw failure(f);
            }
        }
    }

    long available() throws FaspException {
        try {
            return endSeen ? 0 : Native.available(handle());
        } catch (NativeFailure f) {
            if (settle() != null && outcome.get().receipt != null) {
                return 0;
            }
            throw failure(f);
        }
    }

    boolean isEndSeen() {
        return endSeen;
    }

    /** What to throw for a native failure: how the session ended, if that is what it failed of. */
    private FaspException failure(NativeFailure f) {
        Outcome now = settle();
        return now != null && now.failure != null ? now.exception() : new FaspException(f, lastDiagnosis, null);
    }

    // ---- facts and knobs

    Stats stats() {
        if (!isReleased()) {
            try {
                lastStats = new Stats(Native.stats(handle()));
            } catch (NativeFailure f) {
                // released in this moment: the last snapshot stays
            }
        }
        return lastStats;
    }

    Diagnosis diagnose() {
        if (!isReleased()) {
            try {
                lastDiagnosis = Diagnosis.decode(Native.diagnose(handle()));
            } catch (NativeFailure f) {
                // released in this moment: the last snapshot stays
            }
        }
        return lastDiagnosis;
    }

    /** The flight recorder's events as qlog; those of the end, if the session is over. */
    byte[] recording() {
        if (!isReleased()) {
            try {
                lastRecording = Native.recording(handle());
            } catch (NativeFailure f) {
                // released in this moment: the last snapshot stays
            }
        }
        return lastRecording;
    }

    void targetRate(Rate rate) {
        change(() -> Native.targetRate(handle(), rate.bitsPerSecond()));
    }

    void minRate(Rate rate) {
        change(() -> Native.minRate(handle(), rate.bitsPerSecond()));
    }

    void policy(RatePolicy policy) {
        change(() -> Native.policy(handle(), policy.ordinal()));
    }

    void reject(String reason) {
        change(() -> Native.reject(handle(), FaspText.reason(reason)));
        endLocally(ErrorCode.ABORTED, reason, "the session was rejected at this end: " + reason);
    }

    private void change(Step change) {
        try {
            if (outcome.get() == null) {
                change.run();
                return;
            }
        } catch (NativeFailure f) {
            if (f.code() != NativeFailure.CLOSED) {
                throw new IllegalStateException(f.getMessage(), f);
            }
        }
        throw new IllegalStateException("the session is over");
    }
}
