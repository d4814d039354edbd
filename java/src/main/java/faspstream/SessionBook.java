package faspstream;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The sessions of a server or a client: those that are open, and how many there were. Keeps no {@link Session} from being garbage. */
final class SessionBook {
    private final Map<SessionCore, WeakReference<Session>> open = new ConcurrentHashMap<>();
    private final AtomicLong opened = new AtomicLong();
    private final AtomicLong completed = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    void add(Session session) {
        SessionCore core = session.core();
        opened.incrementAndGet();
        open.put(core, new WeakReference<>(session));
        core.onEnd(() -> {
            open.remove(core);
            (core.outcome().receipt != null ? completed : failed).incrementAndGet();
        });
    }

    /** Those that are open and that somebody still holds. */
    List<Session> sessions() {
        List<Session> sessions = new ArrayList<>();
        open.forEach((core, reference) -> {
            Session session = reference.get();
            if (session != null && !core.isReleased()) {
                sessions.add(session);
            }
        });
        return sessions;
    }

    /** All that are open, forgotten ones too. */
    List<SessionCore> cores() {
        return new ArrayList<>(open.keySet());
    }

    long opened() {
        return opened.get();
    }

    long completed() {
        return completed.get();
    }

    long failed() {
        return failed.get();
    }
}
