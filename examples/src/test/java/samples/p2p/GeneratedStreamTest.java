package samples.p2p;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class GeneratedStreamTest {
    @Test
    void equal_seeds_give_equal_bytes_however_they_are_read() throws IOException {
        byte[] whole = new GeneratedStream(1, 200_001).readAllBytes();
        assertEquals(200_001, whole.length);
        ByteArrayOutputStream pieces = new ByteArrayOutputStream();
        GeneratedStream stream = new GeneratedStream(1, 200_001);
        byte[] piece = new byte[777];
        for (int n = stream.read(piece, 5, 700); n >= 0; n = stream.read(piece, 5, 700)) {
            pieces.write(piece, 5, n);
        }
        assertArrayEquals(whole, pieces.toByteArray());
    }

    @Test
    void other_seeds_give_other_bytes() throws IOException {
        assertFalse(Arrays.equals(new GeneratedStream(1, 64).readAllBytes(), new GeneratedStream(2, 64).readAllBytes()));
    }
}
