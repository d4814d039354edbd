package faspstream.internal;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A private directory for copies of the native library, one file per content: the same library is never written twice, and another version
 * never replaces one that is in use.
 */
final class LibraryStore {
    static final String DIR_PROPERTY = "faspstream.library.dir";
    /** Part of the directory name, so that versions never meet. */
    static final String VERSION = "1.0.0";
    private static final String OWNER_ONLY = "rwx------";

    private final Path directory;

    LibraryStore(Path directory) {
        this.directory = directory;
    }

    /** Where to try, in this order: the directory of the property alone, or the user's cache and the temporary directory. */
    static List<LibraryStore> candidates() {
        String explicit = System.getProperty(DIR_PROPERTY);
        List<LibraryStore> stores = new ArrayList<>();
        if (explicit != null) {
            stores.add(new LibraryStore(Paths.get(explicit).toAbsolutePath()));
            return stores;
        }
        Path cache = userCache();
        if (cache != null) {
            stores.add(new LibraryStore(cache.resolve("faspstream-" + VERSION)));
        }
        String user = System.getProperty("user.name", "user").replaceAll("[^A-Za-z0-9._-]", "_");
        stores.add(new LibraryStore(Paths.get(System.getProperty("java.io.tmpdir"), "faspstream-" + VERSION + "-" + user)));
        return stores;
    }

    private static Path userCache() {
        String xdg = System.getenv(Platform.isWindows() ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
        if (xdg != null && Paths.get(xdg).isAbsolute()) {
            return Paths.get(xdg);
        }
        String home = System.getProperty("user.home", "");
        if (home.isEmpty() || home.equals("?") || !Files.isDirectory(Paths.get(home))) {
            return null;
        }
        return Paths.get(home, Platform.name().startsWith("macos") ? "Library/Caches" : ".cache");
    }

    /** Gives a file with exactly this content; {@code copy} above 0 gives further ones, for further class loaders. */
    Path install(byte[] library, String name, int copy) throws IOException {
        prepare();
        int dot = name.lastIndexOf('.');
        String suffix = "-" + digest(library).substring(0, 32) + (copy == 0 ? "" : "-" + copy);
        Path file = directory.resolve(name.substring(0, dot) + suffix + name.substring(dot));
        Path fresh = Files.createTempFile(directory, "new", ".tmp");
        try {
            checkOwner(fresh);
            if (!isSame(file, library)) {
                Files.write(fresh, library);
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            }
        } finally {
            Files.deleteIfExists(fresh);
        }
        return file;
    }

    private void prepare() throws IOException {
        Files.createDirectories(directory.getParent());
        try {
            if (isPosix()) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY)));
            } else {
                Files.createDirectory(directory);
            }
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(directory + " is no directory; remove it or set -D" + DIR_PROPERTY, e);
            }
        }
    }

    /** A file that was just created belongs to whom this process runs as: the directory must belong to the same, and to nobody else. */
    private void checkOwner(Path fresh) throws IOException {
        if (!isPosix()) {
            return;
        }
        if (!Files.getOwner(directory).equals(Files.getOwner(fresh))) {
            throw new IOException(directory + " belongs to " + Files.getOwner(directory) + "; set -D" + DIR_PROPERTY);
        }
        Set<PosixFilePermission> others = EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
        others.retainAll(Files.getPosixFilePermissions(directory));
        if (!others.isEmpty()) {
            throw new IOException(directory + " may be written by others; chmod 700 it or set -D" + DIR_PROPERTY);
        }
    }

    private boolean isPosix() {
        return directory.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static boolean isSame(Path file, byte[] library) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && Files.size(file) == library.length
                && Arrays.equals(Files.readAllBytes(file), library);
    }

    private static String digest(byte[] bytes) {
        try {
            StringBuilder hex = new StringBuilder();
            for (byte b : MessageDigest.getInstance("SHA-256").digest(bytes)) {
                hex.append(String.format("%02x", b));
            }
            return hex.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "copying into " + directory;
    }
}
