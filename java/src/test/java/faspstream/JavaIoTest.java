package faspstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The streams are what the classes of the JDK expect. */
@Timeout(60)
class JavaIoTest {
    private static final byte[] DATA = Loopback.bytes(3_000_000, 42);

    @TempDir
    Path dir;

    private interface Reading<T> {
        T from(FaspInputStream in) throws Exception;
    }

    /** The JDK's deflater copies its whole input with every call under -Xcheck:jni. */
    private static void inPieces(OutputStream out) throws java.io.IOException {
        for (int at = 0; at < DATA.length; at += 10_000) {
            out.write(DATA, at, 10_000);
        }
    }

    /** Pushes by a plain stream that {@code writer} closes; gives what {@code reader} made of it. */
    private static <T> T through(StreamWriter writer, Reading<T> reader) throws Exception {
        try (Loopback net = new Loopback()) {
            Future<T> there = net.async(() -> {
                try (Session session = net.accept()) {
                    return reader.from(session.input());
                }
            });
            FaspOutputStream out = net.client().push("stream");
            writer.write(out);
            T result = Loopback.get(there);
            assertNotNull(out.session().completion().join());
            return result;
        }
    }

    @Test
    void gzip() throws Exception {
        byte[] got = through(
                out -> {
                    try (OutputStream zip = new GZIPOutputStream(out)) {
                        inPieces(zip);
                    }
                },
                in -> new GZIPInputStream(in).readAllBytes());
        assertArrayEquals(DATA, got);
    }

    @Test
    void zip() throws Exception {
        byte[] got = through(
                out -> {
                    try (ZipOutputStream zip = new ZipOutputStream(out)) {
                        zip.putNextEntry(new ZipEntry("a"));
                        inPieces(zip);
                    }
                },
                in -> {
                    ZipInputStream zip = new ZipInputStream(in);
                    zip.getNextEntry();
                    byte[] entry = zip.readAllBytes();
                    assertNull(zip.getNextEntry());
                    in.transferTo(OutputStream.nullOutputStream());
                    return entry;
                });
        assertArrayEquals(DATA, got);
    }

    @Test
    void objects() throws Exception {
        Object got = through(
                out -> {
                    try (ObjectOutputStream objects = new ObjectOutputStream(out)) {
                        objects.writeObject(List.of("one", 2, 3.0));
                    }
                },
                in -> {
                    Object object = new ObjectInputStream(in).readObject();
                    // The end was not read: closing the session must not abort what is complete.
                    return object;
                });
        assertEquals(List.of("one", 2, 3.0), got);
    }

    @Test
    void textLines() throws Exception {
        String got = through(
                out -> {
                    try (PrintWriter text = new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8))) {
                        text.println("grüße");
                        text.println("aus dem wald");
                    }
                },
                in -> {
                    BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
                    String lines = reader.readLine() + "|" + reader.readLine();
                    assertNull(reader.readLine());
                    return lines;
                });
        assertEquals("grüße|aus dem wald", got);
    }

    @Test
    void files() throws Exception {
        Path from = Files.write(dir.resolve("from"), DATA);
        Path to = dir.resolve("to");
        through(
                out -> {
                    Files.copy(from, out);
                    out.close();
                },
                in -> Files.copy(in, to));
        assertArrayEquals(DATA, Files.readAllBytes(to));
    }

    @Test
    void transferToAStreamOfTheJdk() throws Exception {
        ByteArrayOutputStream sink = new ByteArrayOutputStream();
        long count = through(
                out -> {
                    assertEquals(DATA.length, new ByteArrayInputStream(DATA).transferTo(out));
                    out.close();
                },
                in -> in.transferTo(sink));
        assertEquals(DATA.length, count);
        assertArrayEquals(DATA, sink.toByteArray());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void channelsWithHeapAndDirectBuffers(boolean direct) throws Exception {
        byte[] got = through(
                out -> {
                    ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(DATA.length + 9) : ByteBuffer.allocate(DATA.length + 9);
                    buffer.position(9);
                    buffer.put(DATA).position(9);
                    int half = DATA.length / 2;
                    assertEquals(half, out.write(buffer.slice().limit(half)));
                    buffer.position(9 + half);
                    assertEquals(DATA.length - half, out.write(buffer.asReadOnlyBuffer()));
                    assertEquals(0, out.write(ByteBuffer.allocate(0)));
                    out.close();
                },
                in -> {
                    ByteBuffer all = ByteBuffer.allocate(DATA.length);
                    ByteBuffer part = direct ? ByteBuffer.allocateDirect(10_007) : ByteBuffer.allocate(10_007);
                    part.position(7);
                    ByteBuffer slice = part.slice();
                    while (in.read(slice) >= 0) {
                        slice.flip();
                        all.put(slice);
                        slice.clear();
                    }
                    assertThrows(IllegalArgumentException.class, () -> in.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
                    return all.array();
                });
        assertArrayEquals(DATA, got);
    }

    @Test
    void fileChannelTransfer() throws Exception {
        Path from = Files.write(dir.resolve("from"), DATA);
        Path to = dir.resolve("to");
        through(
                out -> {
                    try (FileChannel file = FileChannel.open(from)) {
                        assertEquals(DATA.length, file.transferTo(0, DATA.length, out));
                    }
                    out.close();
                },
                in -> {
                    try (FileChannel file = FileChannel.open(
                            to, java.nio.file.StandardOpenOption.CREATE_NEW, java.nio.file.StandardOpenOption.WRITE)) {
                        long at = 0;
                        for (long n = 1; n > 0; at += n) {
                            n = file.transferFrom(in, at, 1 << 20);
                        }
                        return at;
                    }
                });
        assertArrayEquals(DATA, Files.readAllBytes(to));
    }

    @Test
    void skipAndReadNBytes() throws Exception {
        byte[] got = through(
                out -> {
                    out.write(DATA);
                    out.close();
                },
                in -> {
                    assertEquals(1_000_000, in.skip(1_000_000));
                    assertEquals(0, in.skip(-5));
                    byte[] middle = in.readNBytes(1_000_000);
                    assertEquals(1_000_000, in.skip(Long.MAX_VALUE));
                    assertEquals(0, in.skip(1));
                    assertEquals(-1, in.read());
                    assertTrue(in.readAllBytes().length == 0 && in.available() == 0);
                    return middle;
                });
        assertArrayEquals(java.util.Arrays.copyOfRange(DATA, 1_000_000, 2_000_000), got);
    }
}
