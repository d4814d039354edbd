package interop;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of its own. Never outlives the test that started it. */
final class Child implements AutoCloseable {
    final Lines out;
    final Lines err;
    private final Process process;
    private final String name;

    /** Starts a command in a directory; its standard output goes into lines, or into a file where one is named. */
    Child(Path directory, List<String> command, Path output) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        // Names with other than ASCII letters, whatever the locale of the tests is.
        builder.environment().put("LC_ALL", "C.UTF-8");
        // Each of them is announced by the JVM on standard error, which the tests read.
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"));
        if (output != null) {
            builder.redirectOutput(output.toFile());
        }
        name = String.join(" ", command);
        process = builder.start();
        out = new Lines(process.getInputStream(), "stdout of " + name);
        err = new Lines(process.getErrorStream(), "stderr of " + name);
    }

    OutputStream stdin() {
        return process.getOutputStream();
    }

    /** Waits for the end; fails after two minutes. */
    int exitCode() throws InterruptedException {
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(name + " did not end; it said " + out.all() + err.all());
        }
        return process.exitValue();
    }

    /** Waits for the end and fails unless it went well. */
    void succeed() throws InterruptedException {
        int code = exitCode();
        if (code != 0) {
            throw new AssertionError(name + " ended with " + code + " and said " + out.all() + err.all());
        }
    }

    /** Waits for the end and fails unless it is this exit code with one line on standard error, which is returned. */
    String failWithOneLine(int code) throws InterruptedException {
        int actual = exitCode();
        List<String> said = err.all();
        if (actual != code || said.size() != 1) {
            throw new AssertionError(name + " ended with " + actual + " and said " + out.all() + said + ", expected " + code + " and one line");
        }
        return said.get(0);
    }

    /** Fails if the process ends within these milliseconds. */
    void aliveFor(long milliseconds) throws InterruptedException {
        if (process.waitFor(milliseconds, TimeUnit.MILLISECONDS)) {
            throw new AssertionError(name + " ended with " + process.exitValue() + " and said " + out.all() + err.all());
        }
    }

    /** SIGTERM, as Ctrl-C would end it. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL: the process can do nothing more. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
