package faspstream.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Finds and loads a native library: the file that a system property names (and nothing else then), else
 * {@code java.library.path}, else a private copy of the one inside the jar.
 *
 * <p>What was tried is in the error, one suppressed exception per attempt, with the cure where it is known.
 */
public final class NativeLoader {
    static final String NAME = "faspstream_jni";
    static final String PATH_PROPERTY = "faspstream.library.path";
    private static final String LOADED_TWICE = "already loaded in another classloader";
    private static final int MAX_COPIES = 16;

    private final List<Throwable> attempts = new ArrayList<>();

    private final String name;
    private final String pathProperty;
    private final Class<?> beside;

    private NativeLoader(String name, String pathProperty, Class<?> beside) {
        this.name = name;
        this.pathProperty = pathProperty;
        this.beside = beside;
    }

    /** Loads the engine. */
    static void load() {
        load(NAME, PATH_PROPERTY, NativeLoader.class);
    }

    /**
     * Loads a library, once per class loader.
     *
     * @param name without what the system puts before and behind it
     * @param pathProperty the system property that names its file or directory
     * @param beside a class of the jar that it travels in, of the same class loader as this one
     * @throws UnsatisfiedLinkError with every attempt, if it can't be loaded
     */
    public static void load(String name, String pathProperty, Class<?> beside) {
        NativeLoader loader = new NativeLoader(name, pathProperty, beside);
        if (!loader.attempt()) {
            throw loader.failure();
        }
    }

    private boolean attempt() {
        String explicit = System.getProperty(pathProperty);
        if (explicit != null) {
            Path path = Paths.get(explicit).toAbsolutePath();
            return tryFile(Files.isDirectory(path) ? path.resolve(System.mapLibraryName(name)) : path, "-D" + pathProperty);
        }
        return trySystem() || tryJar();
    }

    private boolean trySystem() {
        try {
            System.loadLibrary(name);
            return true;
        } catch (UnsatisfiedLinkError | RuntimeException e) {
            return failed("java.library.path", e);
        }
    }

    private boolean tryJar() {
        String resource = resourceName();
        byte[] library;
        try (InputStream in = resource(resource)) {
            if (in == null) {
                return failed(resource, new IOException("the class path has no library for " + Platform.name()
                        + "; add the natives jar of this platform, or name a library with -D" + pathProperty + "=FILE"));
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

    private InputStream resource(String path) throws IOException {
        ClassLoader own = beside.getClassLoader();
        return own == null ? ClassLoader.getSystemResourceAsStream(path) : own.getResourceAsStream(path);
    }

    /** One file is loaded by one class loader at most: a second class loader gets a copy of its own. */
    private boolean tryStore(LibraryStore store, byte[] library) {
        for (int copy = 0; copy < MAX_COPIES; copy++) {
            Path file;
            try {
                file = store.install(library, System.mapLibraryName(name), copy);
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

    private String cure(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof IllegalStateException || cause.getClass().getSimpleName().equals("IllegalCallerException")) {
            return " (start java with --enable-native-access=" + Jdk.ownModule() + ")";
        }
        if (message.contains("failed to map segment") || message.contains("Operation not permitted")) {
            return " (the file system is mounted noexec; name another directory with -D" + LibraryStore.DIR_PROPERTY + "=DIR)";
        }
        if (message.contains("has interface")) {
            return " (the classes are from " + origin() + ", the class path has libraries in " + resources() + ")";
        }
        if (message.contains("GLIBC_")) {
            return " (this system's C library is older than the library needs: glibc 2.17)";
        }
        return "";
    }

    /** The jar or directory of our classes. */
    private String origin() {
        CodeSource source = beside.getProtectionDomain().getCodeSource();
        return source == null ? "an unknown place" : String.valueOf(source.getLocation());
    }

    /** Every jar or directory that has this library: two mean two versions on one class path. */
    private String resources() {
        try {
            List<URL> all = Collections.list(beside.getClassLoader().getResources(resourceName()));
            return all.isEmpty() ? "no place" : all.stream().map(URL::toString).collect(Collectors.joining(" and "));
        } catch (IOException | RuntimeException e) {
            return "an unknown place";
        }
    }

    private String resourceName() {
        return "META-INF/native/" + Platform.name() + "/" + System.mapLibraryName(name);
    }

    private UnsatisfiedLinkError failure() {
        StringBuilder text = new StringBuilder("the native library " + name + " could not be loaded on " + Platform.name());
        for (Throwable attempt : attempts) {
            text.append("\n  tried ").append(attempt.getMessage());
        }
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(text.toString());
        attempts.forEach(error::addSuppressed);
        return error;
    }
}
