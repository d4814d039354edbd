package faspstream.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.List;
import java.util.Locale;

/** Names of operating system and processor as the jar's folders spell them. */
final class Platform {
    private Platform() {}

    /** Such as {@code linux-x86_64}, or {@code linux-musl-x86_64} where this process runs with that C library. */
    static String name() {
        String os = os(System.getProperty("os.name", ""));
        String libc = os.equals("linux") && isMusl(memoryMap()) ? "-musl" : "";
        return os + libc + "-" + arch(System.getProperty("os.arch", ""));
    }

    /** Which files this process has in memory, by Linux; empty where that can't be read. */
    private static List<String> memoryMap() {
        try {
            return Files.readAllLines(Paths.get("/proc/self/maps"), StandardCharsets.ISO_8859_1);
        } catch (IOException | RuntimeException e) {
            return List.of();
        }
    }

    /** Told by the loader that runs the process: a file that only lies on the disk says nothing. */
    static boolean isMusl(List<String> memoryMap) {
        return memoryMap.stream().anyMatch(line -> line.contains("/ld-musl-") || line.contains("/libc.musl-"));
    }

    static String os(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.startsWith("windows")) {
            return "windows";
        }
        return lower.startsWith("mac") || lower.startsWith("darwin") ? "macos" : lower.replace(" ", "");
    }

    static String arch(String name) {
        switch (name.toLowerCase(Locale.ROOT)) {
            case "amd64":
            case "x86_64":
            case "x64":
                return "x86_64";
            case "arm64":
            case "aarch64":
                return "aarch64";
            default:
                return name.toLowerCase(Locale.ROOT);
        }
    }

    static boolean isWindows() {
        return os(System.getProperty("os.name", "")).equals("windows");
    }
}
