package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessKeyTest {
    @TempDir
    Path dir;

    @Test
    void theSecretIsNeverPrinted() {
        AccessKey key = AccessKey.of("cam", "hush-hush-hush");
        assertFalse(key.toString().contains("hush"));
        assertTrue(key.toString().contains("cam"));
        assertEquals("cam:hush-hush-hush", key.reveal());
    }

    @Test
    void aKeySurvivesItsFileWhichOnlyItsOwnerMayRead() throws IOException {
        AccessKey key = AccessKey.generate("cam");
        Path file = dir.resolve("key");
        key.save(file);
        assertEquals(key, AccessKey.load(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertThrows(FileAlreadyExistsException.class, () -> key.save(file));
    }

    @Test
    void aFileMayHoldSeveralKeysAndComments() throws IOException {
        Path file = dir.resolve("keys");
        Files.writeString(file, "# ours\n\n a:12345678 \nb:secret:with:colons\n");
        assertEquals(List.of(AccessKey.of("a", "12345678"), AccessKey.of("b", "secret:with:colons")), AccessKey.loadAll(file));
        FaspException e = assertThrows(FaspException.class, () -> AccessKey.load(file));
        assertEquals(ErrorCode.CONFIGURATION, e.code());
        assertTrue(e.getMessage().contains("2 access keys"));
    }

    @Test
    void aMalformedLineIsNamedWithoutItsText() throws IOException {
        Path file = dir.resolve("keys");
        Files.writeString(file, "a:12345678\nhush-hush-hush\n");
        FaspException e = assertThrows(FaspException.class, () -> AccessKey.loadAll(file));
        assertTrue(e.getMessage().contains("line 2") && !e.getMessage().contains("hush"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"'', 12345678", "a b, 12345678", "a:b, 12345678", "cam, ''", "'x\n', 12345678"})
    void partsThatAreNotAllowedAreRefusedWithoutTheSecret(String id, String secret) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> AccessKey.of(id, secret));
        assertTrue(e.getMessage().contains("allowed") && !e.getMessage().contains("1234567"), e.getMessage());
    }

    @Test
    void generatedKeysDiffer() {
        assertNotEquals(AccessKey.generate("a"), AccessKey.generate("a"));
        assertEquals("a", AccessKey.generate("a").id());
    }
}
