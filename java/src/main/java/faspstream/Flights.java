package faspstream;

import faspstream.internal.Jdk;

/** Tells the JDK's Flight Recorder of sessions, where there is one. */
final class Flights {
    private static final boolean AVAILABLE = Jdk.has("jdk.jfr.FlightRecorder");

    private Flights() {}

    /** A session begins; its end is told by itself. */
    static void begin(SessionCore core) {
        if (AVAILABLE) {
            FlightLog.begin(core);
        }
    }
}
