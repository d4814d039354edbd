package faspstream;

import faspstream.internal.Native;

/** Facts about the library itself. None of these methods throws. */
public final class FaspStream {
    private static final Throwable CAUSE = load();

    private FaspStream() {}

    private static Throwable load() {
        try {
            Native.initialize();
            return null;
        } catch (LinkageError e) {
            return e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
        }
    }

    /**
     * Tells whether the native library is loaded, and loads it if it was not tried yet.
     *
     * @return true if servers and clients can be started
     */
    public static boolean isAvailable() {
        return CAUSE == null;
    }

    /**
     * Why the native library is not available.
     *
     * @return what was thrown, with every attempt in its message; null if the library is available
     */
    public static Throwable unavailabilityCause() {
        return CAUSE;
    }

    /**
     * The version of the library.
     *
     * @return such as {@code 1.0.0}
     */
    public static String version() {
        return "1.0.0";
    }

    /** Throws what servers and clients throw where the library can't be loaded. */
    static void require() throws FaspException {
        if (CAUSE != null) {
            throw new FaspException(ErrorCode.INTERNAL, CAUSE.getMessage(), CAUSE);
        }
    }
}
