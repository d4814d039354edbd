package faspstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class PushPullTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 1199, 1200, 1201, 65_535, 65_536, 1 << 20, (1 << 20) + 1, 48 << 20})
    void aPushedStreamArrivesAsItIs(int size) throws Exception {
        byte[] data = Loopback.bytes(size, size);
        try (Loopback net = new Loopback()) {
            Future<byte[]> there = net.async(() -> {
                try (Session session = net.accept()) {
                    return Loopback.sha256(session.input(), 100_000);
                }
            });
            Receipt receipt = net.client().push("stream", out -> out.write(data));
            assertArrayEquals(Loopback.sha256(data), Loopback.get(there));
            assertEquals(size, receipt.bytes());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1200, 65_537, 1 << 20, 48 << 20})
    void aPulledStreamArrivesAsItIs(int size) throws Exception {
        byte[] data = Loopback.bytes(size, size);
        try (Loopback net = new Loopback()) {
            Future<Receipt> there = net.async(() -> {
                try (Session session = net.accept()) {
                    return session.write(out -> out.write(data));
                }
            });
            try (InputStream in = net.client().pull("stream")) {
                assertArrayEquals(Loopback.sha256(data), Loopback.sha256(in, 77_777));
                assertEquals(-1, in.read());
            }
            assertEquals(size, Loopback.get(there).bytes());
        }
    }

    @Test
    void aClientMayAskForACryptographicDigest() throws Exception {
        try (Loopback net = new Loopback()) {
            Client client = net.client(Client.builder().digest(Digest.BLAKE3));
            Future<Receipt> there = net.async(() -> {
                try (Session session = net.accept()) {
                    return session.read(in -> in.transferTo(java.io.OutputStream.nullOutputStream()));
                }
            });
            Receipt receipt = client.push("abc", out -> out.write(new byte[] {'a', 'b', 'c'}));
            assertEquals("BLAKE3", receipt.digestAlgorithm());
            // The published value for these three bytes.
            assertEquals("6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85", receipt.digestHex());
            assertArrayEquals(receipt.digest(), Loopback.get(there).digest());
        }
    }

    @Test
    void bothEndsGetTheSameReceiptAndTheSameFacts() throws Exception {
        try (Loopback net = new Loopback()) {
            Future<Object[]> there = net.async(() -> {
                try (Session session = net.accept()) {
                    Receipt receipt = session.read(in -> in.transferTo(java.io.OutputStream.nullOutputStream()));
                    return new Object[] {session, receipt};
                }
            });
            Session mine = net.client().open(Direction.PUSH, "grüße aus dem wald", Map.of("type", "tëxt", "empty", ""));
            Receipt receipt = mine.write(out -> out.write(new byte[5000]));
            Session theirs = (Session) Loopback.get(there)[0];
            Receipt other = (Receipt) Loopback.get(there)[1];
            assertArrayEquals(receipt.digest(), other.digest());
            assertEquals(receipt.sessionId(), other.sessionId());
            assertEquals("XXH3-128", receipt.digestAlgorithm());
            assertFalse(receipt.ended().isBefore(receipt.started()));
            assertEquals(mine.id(), theirs.id());
            assertEquals("grüße aus dem wald", theirs.stream());
            assertEquals(Map.of("type", "tëxt", "empty", ""), theirs.metadata());
            assertEquals(Direction.PUSH, theirs.direction());
            assertEquals(net.server.tcpPort(), mine.remoteAddress().getPort());
            assertThrows(IllegalStateException.class, mine::input);
            assertThrows(IllegalStateException.class, theirs::output);
            assertEquals(5000, mine.stats().bytesDelivered());
        }
    }

    @Test
    void sixteenSessionsAtOnceShareOneTcpAndOneUdpPort() throws Exception {
        int sessions = 16;
        int size = 4 << 20;
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> {
                if (session.direction() == Direction.PUSH) {
                    session.read(in -> in.transferTo(java.io.OutputStream.nullOutputStream()));
                } else {
                    session.write(out -> out.write(Loopback.bytes(size, session.stream().hashCode())));
                }
            }, net.threads());
            Client client = net.client();
            List<Future<Receipt>> pushes = new ArrayList<>();
            List<Future<byte[]>> pulls = new ArrayList<>();
            for (int i = 0; i < sessions / 2; i++) {
                String name = "stream " + i;
                pushes.add(net.async(() -> client.push(name, out -> out.write(Loopback.bytes(size, 1)))));
                pulls.add(net.async(() -> {
                    try (InputStream in = client.pull(name)) {
                        return Loopback.sha256(in, 65_536);
                    }
                }));
            }
            for (int i = 0; i < sessions / 2; i++) {
                assertEquals(size, Loopback.get(pushes.get(i)).bytes());
                byte[] expected = Loopback.sha256(Loopback.bytes(size, ("stream " + i).hashCode()));
                assertArrayEquals(expected, Loopback.get(pulls.get(i)));
            }
            assertEquals(sessions, net.server.stats().sessionsOpened());
        }
    }

    @Test
    void completeReturnsOnlyWhenThePeersApplicationHasReadTheLastByte() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client().push("stream");
            try (Session session = net.accept()) {
                out.write(new byte[1000]);
                Future<Receipt> completion = net.async(out::complete);
                InputStream in = session.input();
                assertEquals(999, in.readNBytes(999).length);
                assertFalse(completion.isDone());
                assertEquals(0, in.read());
                assertEquals(-1, in.read());
                Receipt receipt = Loopback.get(completion);
                assertEquals(1000, receipt.bytes());
                assertArrayEquals(receipt.digest(), out.complete().digest());
                out.close();
                out.close();
            }
        }
    }

    @Test
    void aReadGivesWhatIsThereWithoutWaitingForMore() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client().push("live");
            try (Session session = net.accept()) {
                for (int size : new int[] {1, 7, 1000}) {
                    out.write(new byte[size]);
                    out.flush();
                    int got = 0;
                    while (got < size) {
                        got += session.input().read(new byte[1 << 20]);
                    }
                    assertEquals(size, got);
                }
                assertEquals(0, session.input().available());
                out.close();
                assertEquals(-1, session.input().read());
            }
        }
    }

    @Test
    void singleBytesGoWithTheNextFlushInTheRightOrder() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client().push("bytes");
            try (Session session = net.accept()) {
                out.write('a');
                out.write('b');
                out.flush();
                assertEquals("ab", new String(session.input().readNBytes(2)));
                out.write('c');
                out.write(new byte[] {'d', 'e'});
                out.write('f');
                Future<Receipt> completion = net.async(out::complete);
                assertEquals("cdef", new String(session.input().readAllBytes()));
                assertEquals(6, Loopback.get(completion).bytes());
            }
        }
    }

    @Test
    void argumentsAreCheckedWithValueAndRange() throws IOException {
        try (Loopback net = new Loopback()) {
            Client client = net.client();
            for (String name : new String[] {"", "a\nb", "x".repeat(1025)}) {
                IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> client.push(name));
                assertTrue(e.getMessage().contains("allowed"), e.getMessage());
            }
            assertThrows(NullPointerException.class, () -> client.pull(null));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> client.open(Direction.PUSH, "s", Map.of("k", "v".repeat(16 << 10))));
            FaspOutputStream out = client.push("stream");
            assertThrows(IndexOutOfBoundsException.class, () -> out.write(new byte[5], 3, 3));
            assertThrows(NullPointerException.class, () -> out.write((byte[]) null));
            try (Session session = net.accept()) {
                assertThrows(IndexOutOfBoundsException.class, () -> session.input().read(new byte[5], -1, 3));
                assertEquals(0, session.input().read(new byte[0]));
            }
        }
    }
}
