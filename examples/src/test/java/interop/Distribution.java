package interop;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/** The unpacked distribution, used as its users do: from its examples folder, with the class path of the documented commands. */
final class Distribution {
    private static final Path ROOT = Path.of(System.getProperty("interop.dist"));
    private static final String CLASS_PATH = "lib/faspstream-examples-1.0.0.jar:../lib/faspstream-1.0.0.jar:conf";

    private Distribution() {}

    /** More than 100 MB of real bytes that are on every machine with a JDK. */
    static Path realInput() throws IOException {
        Path modules = Path.of(System.getProperty("java.home"), "lib", "modules");
        if (Files.size(modules) < 100_000_000) {
            throw new AssertionError(modules + " has fewer than 100 MB");
        }
        return modules;
    }

    /** The jar of the library. */
    static Path library() {
        return ROOT.resolve("lib/faspstream-1.0.0.jar");
    }

    static Child example(String name, List<String> jvmOptions, List<String> arguments, Path output) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // Java 24 and newer warn about native code otherwise, on the standard error that the tests read.
        if (Runtime.version().feature() >= 17) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", CLASS_PATH, "samples.p2p." + name));
        command.addAll(arguments);
        return new Child(ROOT.resolve("examples"), command, output);
    }

    static Child client(String... arguments) throws IOException {
        return example("GenericClientExample", List.of(), List.of(arguments), null);
    }

    static Child clientInto(Path output, String... arguments) throws IOException {
        return example("GenericClientExample", List.of(), List.of(arguments), output);
    }

    static Child tool(String... arguments) throws IOException {
        return toolInto(null, arguments);
    }

    static Child toolInto(Path output, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ROOT.resolve("bin/faspstream").toString());
        command.addAll(List.of(arguments));
        return new Child(ROOT.resolve("examples"), command, output);
    }

    static String sha256(Path file) throws IOException {
        try (InputStream source = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(source, digest).transferTo(java.io.OutputStream.nullOutputStream());
            return String.format("%064x", new BigInteger(1, digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** The names in a directory, hidden ones included. */
    static List<String> names(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (var entries = Files.newDirectoryStream(directory)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        }
        names.sort(null);
        return names;
    }
}
