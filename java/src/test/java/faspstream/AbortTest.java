package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AbortTest {
    private static FaspException fails(FaspException e, ErrorCode code, String words) {
        assertEquals(code, e.code(), e.getMessage());
        assertTrue(e.getMessage().contains(words), e.getMessage());
        return e;
    }

    /** Reads all of one stream, elsewhere. */
    private static final class Reader {
        private final CountDownLatch accepted = new CountDownLatch(1);
        private final Future<byte[]> result;

        Reader(Loopback net) {
            result = net.async(() -> {
                try (Session session = net.accept()) {
                    accepted.countDown();
                    return session.input().readAllBytes();
                }
            });
        }

        /** A session that ends before the server has accepted it is never seen there. */
        void awaitAccepted() {
            try {
                assertTrue(accepted.await(Loopback.LIMIT.getSeconds(), TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        FaspException failure() {
            return assertThrows(FaspException.class, () -> Loopback.get(result));
        }
    }

    @Test
    void aBodyThatThrowsAbortsWithItsMessageAtThePeer() throws Exception {
        try (Loopback net = new Loopback()) {
            Reader there = new Reader(net);
            IOException mine = new IOException("the disk is gone");
            IOException thrown = assertThrows(IOException.class, () -> net.client().push("stream", out -> {
                out.write(new byte[100_000]);
                there.awaitAccepted();
                throw mine;
            }));
            assertSame(mine, thrown);
            fails(there.failure(), ErrorCode.ABORTED_BY_PEER, "the disk is gone");
        }
    }

    @Test
    void aWrapperThatIsClosedOnTheWayOutOfABodyCompletesNothing() throws Exception {
        try (Loopback net = new Loopback()) {
            Reader there = new Reader(net);
            assertThrows(IllegalStateException.class, () -> net.client().push("stream", out -> {
                try (OutputStream zip = new GZIPOutputStream(out)) {
                    zip.write(new byte[100]);
                    there.awaitAccepted();
                    throw new IllegalStateException("half way");
                }
            }));
            fails(there.failure(), ErrorCode.ABORTED_BY_PEER, "half way");
        }
    }

    @Test
    void aReaderThatThrowsAbortsTheWriter() throws Exception {
        try (Loopback net = new Loopback()) {
            Future<Receipt> there = net.async(() -> {
                try (Session session = net.accept()) {
                    return session.write(out -> out.write(new byte[64 << 20]));
                }
            });
            IOException thrown = assertThrows(IOException.class, () -> net.client().pull("stream", in -> {
                in.read();
                throw new IOException("no room left");
            }));
            assertEquals("no room left", thrown.getMessage());
            FaspException e = assertThrows(FaspException.class, () -> Loopback.get(there));
            fails(e, ErrorCode.ABORTED_BY_PEER, "no room left");
            assertTrue(e.diagnosis() != null && !e.diagnosis().sentence().isEmpty());
        }
    }

    @Test
    void aReaderThatThrowsAfterTheLastByteStillAborts() throws Exception {
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> session.read(in -> {
                in.readAllBytes();
                throw new IOException("could not rename");
            }), net.threads());
            FaspException e = assertThrows(
                    FaspException.class, () -> net.client().push("stream", out -> out.write(new byte[1000])));
            fails(e, ErrorCode.ABORTED_BY_PEER, "could not rename");
        }
    }

    @Test
    void aReaderThatLeavesMuchUnreadAbortsAndSaysSo() throws Exception {
        try (Loopback net = new Loopback()) {
            Future<Receipt> there = net.async(() -> {
                try (Session session = net.accept()) {
                    return session.write(out -> out.write(new byte[64 << 20]));
                }
            });
            FaspException mine = assertThrows(FaspException.class, () -> net.client().pull("stream", InputStream::read));
            fails(mine, ErrorCode.ABORTED, "unread");
            assertEquals(
                    ErrorCode.ABORTED_BY_PEER, assertThrows(FaspException.class, () -> Loopback.get(there)).code());
        }
    }

    @Test
    void aReaderThatLeavesATrailerUnreadGetsItsReceipt() throws Exception {
        try (Loopback net = new Loopback()) {
            Future<Receipt> there = net.async(() -> {
                try (Session session = net.accept()) {
                    return session.write(out -> out.write(new byte[5000]));
                }
            });
            assertEquals(5000, net.client().pull("stream", in -> in.readNBytes(1000)).bytes());
            assertEquals(5000, Loopback.get(there).bytes());
        }
    }

    @Test
    void anAbortReachesThePeerWithItsReasonAndBlocksFurtherUse() throws Exception {
        try (Loopback net = new Loopback()) {
            Reader there = new Reader(net);
            FaspOutputStream out = net.client().push("stream");
            out.write(1);
            there.awaitAccepted();
            out.abort("changed my mind");
            fails(there.failure(), ErrorCode.ABORTED_BY_PEER, "changed my mind");
            fails(assertThrows(FaspException.class, () -> out.write(1)), ErrorCode.ABORTED, "changed my mind");
            fails(assertThrows(FaspException.class, out::complete), ErrorCode.ABORTED, "changed my mind");
            out.close();
            out.abort("again");
        }
    }

    @Test
    void aSessionClosedInMidStreamIsAnAbortAtThePeer() throws Exception {
        try (Loopback net = new Loopback()) {
            Reader there = new Reader(net);
            Session session = net.client().open(Direction.PUSH, "stream", java.util.Map.of());
            session.output().write(new byte[10]);
            session.output().flush();
            there.awaitAccepted();
            session.close();
            session.close();
            assertEquals(ErrorCode.ABORTED_BY_PEER, there.failure().code());
            assertEquals(ErrorCode.CLOSED, assertThrows(FaspException.class, () -> session.output().write(1)).code());
            assertThrows(IllegalStateException.class, () -> session.targetRate(Rate.mbps(1)));
            assertEquals("stream", session.stream());
            assertTrue(session.stats().bytesDelivered() <= 10);
        }
    }

    @Test
    void closingWithoutCompletionThrowsWhereThatIsConfigured() throws Exception {
        try (Loopback net = new Loopback()) {
            Reader there = new Reader(net);
            FaspOutputStream out = net.client(Client.builder().completeOnClose(false)).push("stream");
            out.write(1);
            there.awaitAccepted();
            fails(assertThrows(FaspException.class, out::close), ErrorCode.INCOMPLETE, "complete");
            out.close();
            assertEquals(ErrorCode.ABORTED_BY_PEER, there.failure().code());
        }
    }

    @Test
    void aRejectedSessionTellsTheClientWhy() throws Exception {
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> session.reject("not on Sundays"), net.threads());
            FaspException e = assertThrows(FaspException.class, () -> net.client().push("stream", out -> {
                while (true) {
                    out.write(new byte[100_000]);
                }
            }));
            fails(e, ErrorCode.REJECTED, "not on Sundays");
        }
    }

    @Test
    void theClosingServerIsNoticedByItsClients() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspInputStream in = net.client().pull("stream");
            try (Session session = net.accept()) {
                session.output().write(new byte[10]);
                session.output().flush();
                assertEquals(10, in.readNBytes(10).length);
                net.server.close();
                assertThrows(FaspException.class, in::read);
                assertThrows(FaspException.class, () -> session.output().write(new byte[1]));
            }
        }
    }

    @Test
    void cancellingTheCompletionAbortsBothEnds() throws Exception {
        try (Loopback net = new Loopback()) {
            Reader there = new Reader(net);
            Session session = net.client().open(Direction.PUSH, "stream", java.util.Map.of());
            there.awaitAccepted();
            assertTrue(session.completion().cancel(true));
            fails(there.failure(), ErrorCode.ABORTED_BY_PEER, "cancelled");
            assertThrows(FaspException.class, () -> session.output().write(new byte[1]));
        }
    }

    @Test
    void cancellingTheReadersCompletionAbortsTheWriter() throws Exception {
        try (Loopback net = new Loopback()) {
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            try (Session theirs = net.accept()) {
                assertTrue(theirs.completion().cancel(true));
                CompletionException why = assertThrows(CompletionException.class, () -> session.completion().join());
                assertEquals(ErrorCode.ABORTED_BY_PEER, ((FaspException) why.getCause()).code());
            }
        }
    }

    @Test
    void aSessionThatIsGivenUpBeforeItWasAcceptedComesOutWithItsWordsAndCountsAsFailed() throws Exception {
        try (Loopback net = new Loopback()) {
            Client client = net.client();
            client.open(Direction.PUSH, "given up", Map.of()).abort("changed my mind");
            while (net.server.stats().sessionsFailed() == 0) {
                Thread.onSpinWait();
            }
            try (Session givenUp = net.accept()) {
                assertEquals("given up", givenUp.stream());
                FaspException why = assertThrows(FaspException.class, () -> givenUp.input().read());
                fails(why, ErrorCode.ABORTED_BY_PEER, "changed my mind");
            }
            Session second = client.open(Direction.PUSH, "second", Map.of());
            assertEquals("second", net.accept().stream());
            assertThrows(java.net.SocketTimeoutException.class, () -> net.server.accept(java.time.Duration.ofMillis(50)));
            assertEquals(1, net.server.stats().sessionsActive());
            second.close();
        }
    }

    @Test
    void aFailedSessionFailsItsCompletion() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspInputStream in = net.client().pull("stream");
            Session session = net.accept();
            session.abort("enough");
            CompletionException e = assertThrows(CompletionException.class, () -> in.session().completion().join());
            fails((FaspException) e.getCause(), ErrorCode.ABORTED_BY_PEER, "enough");
            assertThrows(FaspException.class, in::read);
        }
    }
}
