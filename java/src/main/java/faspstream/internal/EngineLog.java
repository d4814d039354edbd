package faspstream.internal;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Carries the engine's log records to the loggers {@code faspstream.engine.*}. */
final class EngineLog {
    /** The parent of all of the engine's loggers; kept here, since the log manager holds loggers weakly. */
    private static final Logger ROOT = Logger.getLogger("faspstream.engine");
    private static final AtomicBoolean DRAINING = new AtomicBoolean();
    /**
     * Levels of the bridge: 0 off, 1 error, 2 warn, 3 info, 4 debug, 5 trace. The engine's info is no more than FINE here: the JDK's default
     * configuration prints INFO, and a library prints nothing unless something is wrong.
     */
    private static final Level[] LEVELS = {Level.OFF, Level.SEVERE, Level.WARNING, Level.FINE, Level.FINER, Level.FINEST};

    private EngineLog() {}

    /** The most detailed level of the bridge that the loggers want. */
    static int level() {
        for (int i = LEVELS.length - 1; i > 0; i--) {
            if (ROOT.isLoggable(LEVELS[i])) {
                return i;
            }
        }
        return 0;
    }

    /** Fetches what the engine logged; handlers run on another thread, since they may block. */
    static void drain() {
        Native.logLevel(level());
        if (Native.hasLogs() && DRAINING.compareAndSet(false, true)) {
            Callbacks.ordered().execute(EngineLog::publish);
        }
    }

    private static void publish() {
        DRAINING.set(false);
        byte[] batch = Native.takeLogs();
        if (batch == null) {
            return;
        }
        Fields fields = new Fields(batch);
        while (fields.hasNext()) {
            Level level = LEVELS[Math.min(Math.max(fields.nextByte(), 1), LEVELS.length - 1)];
            long millis = fields.nextLong();
            publish(level, millis, fields.nextText(), fields.nextText());
        }
    }

    private static void publish(Level level, long millis, String target, String message) {
        Logger logger = Logger.getLogger(target.isEmpty() ? ROOT.getName() : ROOT.getName() + "." + target);
        if (logger.isLoggable(level)) {
            LogRecord record = new LogRecord(level, message);
            record.setInstant(java.time.Instant.ofEpochMilli(millis));
            record.setLoggerName(logger.getName());
            record.setSourceClassName(null);
            record.setSourceMethodName(null);
            logger.log(record);
        }
    }
}
