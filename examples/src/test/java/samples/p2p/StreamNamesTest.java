package samples.p2p;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StreamNamesTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"a", "two words", "a.b", "sub/folder/file", "-dash", "100 %"})
    void a_name_inside_is_a_file_of_the_directory(String name) throws IOException {
        assertEquals(directory.resolve(name), StreamNames.resolve(directory, name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../a", "a/../../b", "/etc/passwd", "a//b", "a/", ".hidden", "a/.b", "a\\..\\b", "c:d", "a\u0000b", "a\nb"})
    void a_name_that_could_lead_out_or_hide_is_refused_in_one_line(String name) {
        IOException e = assertThrows(IOException.class, () -> StreamNames.resolve(directory, name));
        assertTrue(e.getMessage().lines().count() == 1, e.getMessage());
    }

    @Test
    void a_link_that_leads_out_is_refused() throws IOException {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Path inside = Files.createDirectory(directory.resolve("inside"));
        Files.createSymbolicLink(inside.resolve("door"), outside);
        assertThrows(IOException.class, () -> StreamNames.resolve(inside, "door/file"));
    }
}
