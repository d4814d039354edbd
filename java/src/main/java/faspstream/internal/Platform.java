package faspstream.internal;

import java.util.Locale;

/** Names of operating system and processor as the jar's folders spell them. */
final class Platform {
    private Platform() {}

    /** Such as {@code linux-x86_64}. */
    static String name() {
        return os(System.getProperty("os.name", "")) + "-" + arch(System.getProperty("os.arch", ""));
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
