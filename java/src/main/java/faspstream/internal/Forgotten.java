package faspstream.internal;

import java.lang.ref.Cleaner;
import java.util.logging.Logger;

/** Releases what a program forgot to close, and says so once per object. An alarm, not a way to close. */
public final class Forgotten {
    private static final Logger LOG = Logger.getLogger("faspstream.leak");
    private static final Cleaner CLEANER = Cleaner.create();

    private Forgotten() {}

    /** Watches {@code object}; {@code endpoint} must not refer to it. */
    public static void watch(Object object, Endpoint endpoint, String description) {
        CLEANER.register(object, () -> report(endpoint, description));
    }

    private static void report(Endpoint endpoint, String description) {
        if (endpoint.abandon()) {
            LOG.warning(description + " was not closed and is garbage; it was released now. Use try-with-resources.");
        }
    }
}
