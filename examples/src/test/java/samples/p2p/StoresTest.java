package samples.p2p;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What both stores have to keep to, and the limit of the one in memory. */
final class StoresTest {
    @TempDir
    Path directory;

    private static void put(StreamStore store, String name, byte[] bytes) throws IOException {
        try (StreamStore.Incoming incoming = store.create(name)) {
            incoming.out().write(bytes);
            incoming.publish();
        }
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private StreamStore[] stores() throws IOException {
        return new StreamStore[] {new DirectoryStore(directory), new MemoryStore(16 << 20)};
    }

    @Test
    void what_was_published_is_read_back_whole_and_a_new_one_replaces_it() throws IOException {
        for (StreamStore store : stores()) {
            for (int length : new int[] {0, 1, 300_000, 2_000_000}) {
                put(store, "a", bytes(length));
                assertArrayEquals(bytes(length), store.open("a").readAllBytes());
            }
        }
    }

    @Test
    void what_was_not_published_was_never_there() throws IOException {
        for (StreamStore store : stores()) {
            try (StreamStore.Incoming incoming = store.create("a")) {
                incoming.out().write(bytes(300_000));
                assertThrows(IOException.class, () -> store.open("a"));
            }
            assertThrows(IOException.class, () -> store.open("a"));
        }
        assertEquals(0, directory.toFile().list().length);
    }

    @Test
    void an_older_stream_survives_an_attempt_to_replace_it() throws IOException {
        for (StreamStore store : stores()) {
            put(store, "a", bytes(10));
            try (StreamStore.Incoming incoming = store.create("a")) {
                incoming.out().write(bytes(20));
            }
            assertArrayEquals(bytes(10), store.open("a").readAllBytes());
        }
    }

    @Test
    void memory_is_bounded_and_the_oldest_stream_goes_first() throws IOException {
        MemoryStore store = new MemoryStore(1 << 20);
        put(store, "old", bytes(400_000));
        put(store, "young", bytes(400_000));
        put(store, "new", bytes(400_000));
        assertThrows(IOException.class, () -> store.open("old"));
        assertArrayEquals(bytes(400_000), store.open("young").readAllBytes());
        assertArrayEquals(bytes(400_000), store.open("new").readAllBytes());
    }

    @Test
    void a_stream_larger_than_the_limit_is_refused_and_its_memory_given_back() throws IOException {
        MemoryStore store = new MemoryStore(1 << 20);
        assertThrows(IOException.class, () -> put(store, "huge", bytes(2 << 20)));
        put(store, "fits", bytes(1 << 20));
        assertArrayEquals(bytes(1 << 20), store.open("fits").readAllBytes());
    }

    @Test
    void a_directory_is_no_place_for_a_stream() throws IOException {
        Files.createDirectory(directory.resolve("taken"));
        assertThrows(IOException.class, () -> new DirectoryStore(directory).create("taken"));
    }
}
