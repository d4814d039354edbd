package faspstream.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds and loads the native library: the file that {@code faspstream.library.path} names (and nothing else then), else
 * {@code java.library.path}, else a private copy of the one inside the jar.
 *
 * <p>What was tried is in the error, one suppressed exception per attempt, with the cure where it is known.
 */
final class NativeLoader {
    static final String NAME = "faspstream_jni";
    static final String PATH_PROPERTY = "faspstream.library.path";
    private static final String LOADED_TWICE = "already loaded in another classloader";
    private static final int MAX_COPIES = 16;

    private final List<Throwable> attempts = new ArrayList<>();

    private NativeLoader() {}

    /** Loads the library, once per class loader; throws an {@link UnsatisfiedLinkError} that lists every attempt. */
    static void load() {
        NativeLoader loader = new NativeLoader();
        if (!loader.attempt()) {
            throw loader.failure();
        }
    }

    private boolean attempt() {
        String explicit = System.getProperty(PATH_PROPERTY);
        if (explicit != null) {
            Path path = Paths.get(explicit).toAbsolutePath();
            return tryFile(Files.isDirectory(path) ? path.resolve(System.mapLibraryName(NAME)) : path, "-D" + PATH_PROPERTY);
        }
        return trySystem() || tryJar();
    }

    private boolean trySystem() {
        try {
            System.loadLibrary(NAME);
            return true;
        } catch (UnsatisfiedLinkError | RuntimeException e) {
            return failed("java.library.path", e);
        }
    }

    private boolean tryJar() {
        String resource = "META-INF/native/" + Platform.name() + "/" + System.mapLibraryName(NAME);
        byte[] library;
        try (InputStream in = resource(resource)) {
            if (in == null) {
                return failed(resource, new IOException("the class path has no library for " + Platform.name()
                        + "; add the natives jar of this platform, or name a library with -D" + PATH_PROPERTY + "=FILE"));
            }
            library = in.readAllBytes();
        } catch (IOException e) {
            return failed(resource, e);
        }
        for (LibraryStore store : LibraryStore.candidates()) {
            if (tryStore(store, library)) {
                return true;
            }
        }
        return false;
    }

    private static InputStream resource(String name) throws IOException {
        ClassLoader own = NativeLoader.class.getClassLoader();
        return own == null ? ClassLoader.getSystemResourceAsStream(name) : own.getResourceAsStream(name);
    }

    /** One file is loaded by one class loader at most: a second class loader gets a copy of its own. */
    private boolean tryStore(LibraryStore store, byte[] library) {
        for (int copy = 0; copy < MAX_COPIES; copy++) {
            Path file;
            try {
                file = store.install(library, System.mapLibraryName(NAME), copy);
            } catch (IOException | RuntimeException e) {
                return failed(store.toString(), e);
            }
            int before = attempts.size();
            if (tryFile(file, "copy of the jar's library")) {
                return true;
            }
            Throwable last = attempts.get(before);
            if (!String.valueOf(last.getCause().getMessage()).contains(LOADED_TWICE)) {
                return false;
            }
        }
        return false;
    }

    private boolean tryFile(Path file, String origin) {
        try {
            System.load(file.toString());
            return true;
        } catch (UnsatisfiedLinkError | RuntimeException e) {
            return failed(origin + ", " + file, e);
        }
    }

    private boolean failed(String where, Throwable cause) {
        attempts.add(new IOException(where + ": " + cause.getMessage() + cure(cause), cause));
        return false;
    }

    private static String cure(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof IllegalStateException || cause.getClass().getSimpleName().equals("IllegalCallerException")) {
            return " (start java with --enable-native-access=" + moduleName() + ")";
        }
        if (message.contains("failed to map segment") || message.contains("Operation not permitted")) {
            return " (the file system is mounted noexec; name another directory with -D" + LibraryStore.DIR_PROPERTY + "=DIR)";
        }
        if (message.contains("GLIBC_")) {
            return " (this system's C library is older than the library needs: glibc 2.17)";
        }
        return "";
    }

    private static String moduleName() {
        String name = NativeLoader.class.getModule().getName();
        return name == null ? "ALL-UNNAMED" : name;
    }

    private UnsatisfiedLinkError failure() {
        StringBuilder text = new StringBuilder("the native library of faspstream could not be loaded on " + Platform.name());
        for (Throwable attempt : attempts) {
            text.append("\n  tried ").append(attempt.getMessage());
        }
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(text.toString());
        attempts.forEach(error::addSuppressed);
        return error;
    }
}
