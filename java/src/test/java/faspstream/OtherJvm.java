package faspstream;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM that a test has started and that has ended by itself. */
public final class OtherJvm {
    private static final long LIMIT_SECONDS = 50;

    private final int exitValue;
    private final String output;

    private OtherJvm(int exitValue, String output) {
        this.exitValue = exitValue;
        this.output = output;
    }

    /** Runs a command to its end; fails if there is none within {@link #LIMIT_SECONDS}. */
    public static OtherJvm run(List<String> command) throws IOException, InterruptedException {
        Path said = Files.createTempFile("other-jvm", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        // Each of them is announced by the JVM on standard error.
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"));
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            String text = new String(Files.readAllBytes(said), StandardCharsets.UTF_8);
            assertTrue(ended, () -> command + " still runs; it said " + text);
            return new OtherJvm(process.exitValue(), text);
        } finally {
            process.destroyForcibly();
            Files.delete(said);
        }
    }

    public int exitValue() {
        return exitValue;
    }

    /** What it printed, standard error included. */
    public String output() {
        return output;
    }
}
