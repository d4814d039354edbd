package faspstream.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryStoreTest {
    @TempDir
    Path dir;

    private static final byte[] LIBRARY = {1, 2, 3};

    @Test
    void theDirectoryIsPrivateAndTheNameFollowsTheContent() throws IOException {
        LibraryStore store = new LibraryStore(dir.resolve("store"));
        Path file = store.install(LIBRARY, "libx.so", 0);
        assertArrayEquals(LIBRARY, Files.readAllBytes(file));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("store"))));
        assertTrue(file.getFileName().toString().matches("libx-[0-9a-f]{32}\\.so"), file.toString());
        assertNotEquals(file, store.install(new byte[] {9}, "libx.so", 0));
        assertNotEquals(file, store.install(LIBRARY, "libx.so", 1));
        assertEquals(3, Files.list(dir.resolve("store")).count());
    }

    @Test
    void theSameLibraryIsWrittenOnceAndADamagedOneIsReplaced() throws IOException {
        LibraryStore store = new LibraryStore(dir.resolve("store"));
        Path file = store.install(LIBRARY, "libx.so", 0);
        FileTime old = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(file, old);
        assertEquals(old, Files.getLastModifiedTime(store.install(LIBRARY, "libx.so", 0)));
        Files.write(file, new byte[] {6, 6, 6});
        assertArrayEquals(LIBRARY, Files.readAllBytes(store.install(LIBRARY, "libx.so", 0)));
    }

    @Test
    void aDirectoryThatOthersMayWriteIsRefusedWithTheCure() throws IOException {
        Path open = Files.createDirectory(dir.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        IOException e = assertThrows(IOException.class, () -> new LibraryStore(open).install(LIBRARY, "libx.so", 0));
        assertTrue(e.getMessage().contains("chmod 700") && e.getMessage().contains("-D"), e.getMessage());
        assertEquals(0, Files.list(open).count());
    }

    @Test
    void aDirectoryOfAnotherUserIsRefusedWithTheCure() throws IOException {
        Path foreign = Files.createDirectory(dir.resolve("foreign"));
        try {
            Files.setOwner(foreign, foreign.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        } catch (IOException e) {
            assumeTrue(false, "giving a directory away needs root and a user nobody: " + e);
        }
        IOException e = assertThrows(IOException.class, () -> new LibraryStore(foreign).install(LIBRARY, "libx.so", 0));
        assertTrue(e.getMessage().contains("belongs to nobody") && e.getMessage().contains("-D"), e.getMessage());
        assertEquals(0, Files.list(foreign).count());
    }

    @Test
    void aLinkInPlaceOfTheDirectoryIsRefused() throws IOException {
        Path real = Files.createDirectory(dir.resolve("real"));
        Path link = Files.createSymbolicLink(dir.resolve("link"), real);
        assertThrows(IOException.class, () -> new LibraryStore(link).install(LIBRARY, "libx.so", 0));
    }

    @Test
    void platformsAreNamedAsTheFoldersOfTheJar() {
        assertEquals("linux-x86_64", Platform.os("Linux") + "-" + Platform.arch("amd64"));
        assertEquals("windows-aarch64", Platform.os("Windows 11") + "-" + Platform.arch("aarch64"));
        assertEquals("macos-aarch64", Platform.os("Mac OS X") + "-" + Platform.arch("arm64"));
    }
}
