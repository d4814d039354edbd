package faspstream;

import faspstream.internal.Endpoint;
import faspstream.internal.Native;
import faspstream.internal.NativeFailure;
import faspstream.internal.Ready;
import faspstream.internal.Signal;
import faspstream.internal.Waits;
import java.io.InterruptedIOException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** The handle of a server and the sessions that it gave out. Holds no reference to its {@link Server}. */
final class ServerCore extends Endpoint {
    /** How long the engine may take over its farewells beyond the grace. */
    private static final long FAREWELL_NANOS = 3_000_000_000L;

    private final Map<SessionCore, WeakReference<Session>> sessions = new ConcurrentHashMap<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean gone;
    private volatile ServerStats lastStats = new ServerStats(new long[ServerStats.COUNT]);

    ServerCore(long handle) {
        super(handle);
        register();
    }

    @Override
    protected void onReady(int bits) {
        if ((bits & Ready.GONE) != 0) {
            gone = true;
        }
        signal().fire();
    }

    boolean isClosing() {
        return closing.get();
    }

    void add(Session session) {
        sessions.keySet().removeIf(SessionCore::isReleased);
        sessions.put(session.core(), new WeakReference<>(session));
    }

    /** Those that are open and that somebody still holds. */
    List<Session> sessions() {
        List<Session> open = new ArrayList<>();
        sessions.forEach((core, reference) -> {
            Session session = reference.get();
            if (session != null && !core.isReleased()) {
                open.add(session);
            }
        });
        return open;
    }

    ServerStats stats() {
        if (!isReleased()) {
            try {
                lastStats = new ServerStats(Native.serverStats(handle()));
            } catch (NativeFailure f) {
                // released in this moment: the last snapshot stays
            }
        }
        return lastStats;
    }

    @Override
    protected boolean abandon() {
        if (isReleased()) {
            return false;
        }
        closing.set(true);
        release();
        return true;
    }

    /** Ends the server once; waits for its sessions up to {@code graceNanos}. An interrupt ends the wait and stays set. */
    void close(long graceNanos) {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        signal().fire();
        stats();
        try {
            Native.serverClose(handle(), graceNanos / 1_000_000);
            Waits.<RuntimeException>until(signal(), Signal.deadline(graceNanos + FAREWELL_NANOS), "close", () -> gone);
        } catch (NativeFailure | InterruptedIOException e) {
            // closed by itself already, or in a hurry: what is left ends now
        }
        sessions.keySet().forEach(SessionCore::close);
        release();
    }
}
