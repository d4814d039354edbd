package faspstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams as publishers and subscribers. */
@Timeout(60)
class FlowTest {
    private static final byte[] DATA = Loopback.bytes(3_000_000, 7);

    /** Gathers everything, asking for one element at a time. */
    private static class Gatherer implements Flow.Subscriber<ByteBuffer> {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final CompletableFuture<byte[]> all = new CompletableFuture<>();
        private Flow.Subscription subscription;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            given.request(1);
        }

        @Override
        public void onNext(ByteBuffer element) {
            byte[] part = new byte[element.remaining()];
            element.get(part);
            bytes.write(part, 0, part.length);
            subscription.request(1);
        }

        @Override
        public void onError(Throwable why) {
            all.completeExceptionally(why);
        }

        @Override
        public void onComplete() {
            all.complete(bytes.toByteArray());
        }
    }

    @Test
    void whatAPublisherOfOneEndTakesASubscriberOfTheOtherGives() throws Exception {
        SubmissionPublisher<ByteBuffer> source = new SubmissionPublisher<>();
        try (Loopback net = new Loopback()) {
            Gatherer sink = new Gatherer();
            net.server.serve(session -> {
                session.publisher(1 << 16).subscribe(sink);
                session.completion().join();
            }, net.threads());
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            source.subscribe(session.subscriber());
            for (int at = 0; at < DATA.length; at += 100_000) {
                ByteBuffer part = ByteBuffer.wrap(DATA, at, 100_000);
                source.submit(at % 200_000 == 0 ? part : part.asReadOnlyBuffer());
            }
            source.close();
            assertEquals(DATA.length, session.completion().get(30, TimeUnit.SECONDS).bytes());
            assertArrayEquals(DATA, sink.all.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void aSubscriberThatAsksForNothingSlowsTheWriter() throws Exception {
        try (Loopback net = new Loopback(Server.builder().bufferSize(1 << 20))) {
            net.server.serve(session -> {
                session.publisher(1 << 16).subscribe(new Gatherer() {
                    @Override
                    public void onSubscribe(Flow.Subscription given) {}
                });
                session.completion().handle((receipt, why) -> null).join();
            }, net.threads());
            Session session = net.client(Client.builder().bufferSize(1 << 20)).open(Direction.PUSH, "stream", Map.of());
            session.output().writeTimeout(java.time.Duration.ofMillis(300));
            assertThrows(java.net.SocketTimeoutException.class, () -> session.output().write(new byte[16 << 20]));
        }
    }

    @Test
    void thePublishersErrorReachesTheReaderWithItsMessage() throws Exception {
        try (Loopback net = new Loopback();
                SubmissionPublisher<ByteBuffer> source = new SubmissionPublisher<>()) {
            Gatherer sink = new Gatherer();
            net.server.serve(session -> {
                session.publisher(1 << 16).subscribe(sink);
                session.completion().handle((receipt, why) -> null).join();
            }, net.threads());
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            source.subscribe(session.subscriber());
            source.submit(ByteBuffer.wrap(new byte[10]));
            source.closeExceptionally(new IllegalStateException("the camera is broken"));
            CompletionException why = assertThrows(CompletionException.class, sink.all::join);
            assertTrue(why.getCause().getMessage().contains("the camera is broken"), why.getCause().getMessage());
        }
    }

    @Test
    void aSubscriberThatCancelsAbortsTheWriter() throws Exception {
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> session.publisher(1000).subscribe(new Gatherer() {
                @Override
                public void onSubscribe(Flow.Subscription given) {
                    given.cancel();
                }
            }), net.threads());
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            CompletionException why = assertThrows(CompletionException.class, () -> session.completion().join());
            assertEquals(ErrorCode.ABORTED_BY_PEER, ((FaspException) why.getCause()).code());
        }
    }

    @Test
    void theWriterCompletesOnlyAfterTheSubscriberHasGotTheLastElement() throws Exception {
        try (Loopback net = new Loopback()) {
            CompletableFuture<Void> arrived = new CompletableFuture<>();
            CompletableFuture<Void> goOn = new CompletableFuture<>();
            net.server.serve(session -> {
                session.publisher(1000).subscribe(new Gatherer() {
                    @Override
                    public void onNext(ByteBuffer element) {
                        arrived.complete(null);
                        goOn.join();
                        super.onNext(element);
                    }
                });
                session.completion().join();
            }, net.threads());
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            Future<Receipt> receipt = net.async(() -> session.write(out -> out.write(7)));
            arrived.get(30, TimeUnit.SECONDS);
            assertFalse(receipt.isDone());
            goOn.complete(null);
            assertEquals(1, Loopback.get(receipt).bytes());
        }
    }

    @Test
    void aSubscriberThatThrowsAbortsTheWriterWithItsWords() throws Exception {
        for (Throwable thrown : new Throwable[] {new IllegalStateException("no room"), new AssertionError("no room")}) {
            try (Loopback net = new Loopback()) {
                net.server.serve(session -> {
                    session.publisher(1000).subscribe(new Gatherer() {
                        @Override
                        public void onNext(ByteBuffer element) {
                            FlowTest.<RuntimeException>sneak(thrown);
                        }
                    });
                    session.completion().handle((receipt, why) -> null).join();
                }, net.threads());
                Session session = net.client().open(Direction.PUSH, "stream", Map.of());
                FaspException why = assertThrows(FaspException.class, () -> session.write(out -> out.write(7)));
                assertEquals(ErrorCode.ABORTED_BY_PEER, why.code());
                assertTrue(why.getMessage().contains("no room"), why.getMessage());
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void whoConfirmsASessionThatHasJustCompletedHearsOfNoError() throws Exception {
        try (Loopback net = new Loopback()) {
            net.server.serve(session -> session.write(out -> out.write(1)), net.threads());
            Session session = net.client().open(Direction.PULL, "stream", Map.of());
            session.read(in -> assertArrayEquals(new byte[] {1}, in.readAllBytes()));
            assertEquals(1, session.completion().get(30, TimeUnit.SECONDS).bytes());
            session.core().confirm();
            session.core().holdCompletion();
            Session aborted = net.client().open(Direction.PULL, "stream", Map.of());
            aborted.abort("over");
            assertEquals(ErrorCode.ABORTED, assertThrows(FaspException.class, aborted.core()::confirm).code());
        }
    }

    @Test
    void theWrongEndHasNeither() throws Exception {
        try (Loopback net = new Loopback()) {
            Session session = net.client().open(Direction.PUSH, "stream", Map.of());
            assertThrows(IllegalStateException.class, () -> session.publisher(1));
            assertThrows(IllegalArgumentException.class, () -> session.publisher(0));
            Session pull = net.client().open(Direction.PULL, "stream", Map.of());
            assertThrows(IllegalStateException.class, pull::subscriber);
        }
    }
}
