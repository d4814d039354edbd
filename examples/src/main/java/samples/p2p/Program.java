package samples.p2p;

import java.io.IOException;
import java.util.logging.LogManager;

/** How an example ends: 0 when all went well, 1 after an error, 2 for a command line that cannot be obeyed. */
final class Program {
    /** The body of an example. */
    interface Body {
        /** Returns the exit code. */
        int run() throws UsageException, IOException, InterruptedException;
    }

    private Program() {}

    /** Runs the body and turns whatever it throws into one clear line on standard error. */
    static int run(Body body) {
        configureLogging();
        try {
            return body.run();
        } catch (UsageException e) {
            System.err.println("error: " + e.getMessage());
            return 2;
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("error: " + describe(e));
            return 1;
        } catch (InterruptedException e) {
            System.err.println("error: interrupted");
            return 1;
        }
    }

    /** The message, with the kind of exception where the message alone says too little (a bare file name, nothing at all). */
    static String describe(Throwable problem) {
        String message = problem.getMessage();
        if (message == null || problem instanceof java.nio.file.FileSystemException) {
            return problem.getClass().getSimpleName() + (message == null ? "" : ": " + message);
        }
        return message;
    }

    /** The logging.properties of the class path (the conf directory) unless the user named another by the JDK's own property. */
    private static void configureLogging() {
        if (System.getProperty("java.util.logging.config.file") != null) {
            return;
        }
        try (var in = Program.class.getResourceAsStream("/logging.properties")) {
            if (in != null) {
                LogManager.getLogManager().readConfiguration(in);
            }
        } catch (IOException e) {
            System.err.println("warning: logging.properties: " + describe(e));
        }
    }
}
