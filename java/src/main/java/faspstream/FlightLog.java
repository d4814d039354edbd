package faspstream;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;

/** What the JDK's Flight Recorder is told of sessions. Costs next to nothing while nobody records. */
final class FlightLog {
    /** A rate that differs by less is the same: one part in so many. */
    private static final long SAME = 10;

    private static final Set<Flight> OPEN = ConcurrentHashMap.newKeySet();

    private FlightLog() {}

    /** A session begins; its end is told by itself. */
    static void begin(SessionCore core) {
        Recorder.listen();
        Flight flight = new Flight(core);
        OPEN.add(flight);
        flight.start();
        core.onEnd(() -> {
            OPEN.remove(flight);
            flight.end();
        });
    }

    /** Asks the recorder, once, to call us at intervals while somebody records. */
    private static final class Recorder implements FlightRecorderListener {
        static {
            FlightRecorder.addListener(new Recorder());
        }

        static void listen() {
            // the static initializer has done it
        }

        @Override
        public void recorderInitialized(FlightRecorder recorder) {
            FlightRecorder.addPeriodicEvent(FlightEvents.RateChange.class, () -> OPEN.forEach(Flight::look));
        }
    }

    /** What was told of a session so far. */
    private static final class Flight {
        private final SessionCore core;
        private long rate;
        private long target;
        private RatePolicy policy;
        private long outages;
        private boolean fellBack;

        Flight(SessionCore core) {
            this.core = core;
        }

        void start() {
            FlightEvents.SessionStart event = new FlightEvents.SessionStart();
            if (event.isEnabled()) {
                event.of(core);
                event.direction = core.info().direction.name();
                event.remoteAddress = core.info().remoteAddress.toString();
                event.principal = core.info().principal;
                event.sends = core.info().isSender;
                event.commit();
            }
        }

        synchronized void look() {
            Stats stats = core.stats();
            lookAtRate(stats);
            lookAtPath(stats);
        }

        private void lookAtRate(Stats stats) {
            long now = stats.currentRate().bitsPerSecond();
            long cap = stats.targetRate().bitsPerSecond();
            if (Math.abs(now - rate) <= rate / SAME && cap == target && stats.policy() == policy) {
                return;
            }
            FlightEvents.RateChange event = new FlightEvents.RateChange();
            event.of(core);
            event.before = rate;
            event.rate = now;
            event.targetRate = cap;
            event.policy = stats.policy().name();
            event.rtt = stats.rtt().toNanos();
            event.commit();
            rate = now;
            target = cap;
            policy = stats.policy();
        }

        private void lookAtPath(Stats stats) {
            if (stats.outages() > outages) {
                outages = stats.outages();
                FlightEvents.Outage event = new FlightEvents.Outage();
                event.of(core);
                event.outages = outages;
                event.commit();
            }
            if (!fellBack && stats.transport() == Transport.TCP) {
                fellBack = true;
                FlightEvents.Fallback event = new FlightEvents.Fallback();
                event.of(core);
                event.transport = stats.transport().name();
                event.commit();
            }
        }

        synchronized void end() {
            Stats stats = core.stats();
            lookAtPath(stats);
            FlightEvents.SessionEnd event = new FlightEvents.SessionEnd();
            if (!event.isEnabled()) {
                return;
            }
            Outcome outcome = core.outcome();
            event.of(core);
            event.completed = outcome.receipt != null;
            event.code = outcome.failure == null ? "" : ErrorCode.of(outcome.failure.code()).name();
            event.message = outcome.failure == null ? "" : outcome.failure.getMessage();
            event.bytesDelivered = stats.bytesDelivered();
            event.elapsed = stats.elapsed().toNanos();
            event.averageRate = stats.averageRate().bitsPerSecond();
            event.lossRatio = stats.lossRatio();
            event.outages = stats.outages();
            event.commit();
        }
    }
}
