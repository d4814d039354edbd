package faspstream;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.opentest4j.TestAbortedException;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;
import org.testng.SkipException;
import org.testng.annotations.Test;

/** The publisher and the subscriber of a session pass the Reactive Streams TCK. Its TestNG tests are called as dynamic ones. */
@Timeout(120)
class FlowTckTest {
    /** How long the TCK waits: for what must come, for what must not, for a subscriber to be let go. In milliseconds. */
    private static final long WAIT = 30_000;
    private static final long SILENCE = 20;
    private static final long LETTING_GO = 1_000;
    /** When the TCK looks for an error that must come; in 1.0.4 its first look is its last, whatever the limit is. */
    private static final long LOOK = 3_000;

    private final Queue<Loopback> nets = new ConcurrentLinkedQueue<>();
    /** Both ends of every stream of a test, for the words of a failure. */
    private final Queue<Session> sessions = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() {
        nets.forEach(Loopback::close);
    }

    private Loopback net() {
        try {
            Loopback net = new Loopback();
            nets.add(net);
            return net;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The reading end of a stream that gets {@code count} bytes. */
    private Session reader(long count) {
        Loopback net = net();
        try {
            net.server.serve(session -> known(session).write(out -> {
                for (long i = 0; i < count; i++) {
                    out.write((int) i);
                }
            }), net.threads());
            return known(net.client().open(Direction.PULL, "stream", Map.of()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Session writer() {
        Loopback net = net();
        try {
            net.server.serve(session -> known(session).read(in -> in.transferTo(OutputStream.nullOutputStream())), net.threads());
            return known(net.client().open(Direction.PUSH, "stream", Map.of()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Session known(Session session) {
        sessions.add(session);
        return session;
    }

    /** What the sessions that have not completed say of themselves. */
    private String words() {
        return sessions.stream().map(FlowTckTest::wordsOf).collect(Collectors.joining());
    }

    private static String wordsOf(Session session) {
        try {
            session.completion().get(1, TimeUnit.SECONDS);
            return "";
        } catch (ExecutionException | InterruptedException | TimeoutException e) {
            return "\n" + session + " " + e + " " + session.stats() + " " + session.diagnose() + " " + session.recording();
        }
    }

    /** Elements of one byte each, so that their number is known. */
    private final class Publisher extends FlowPublisherVerification<ByteBuffer> {
        Publisher() {
            super(new TestEnvironment(WAIT, SILENCE, LOOK), LETTING_GO);
        }

        @Override
        public Flow.Publisher<ByteBuffer> createFlowPublisher(long elements) {
            return reader(elements).publisher(1);
        }

        @Override
        public Flow.Publisher<ByteBuffer> createFailedFlowPublisher() {
            Session session = reader(1);
            session.abort("over before it begins");
            return session.publisher(1);
        }

        @Override
        public long maxElementsFromPublisher() {
            return 100_000;
        }
    }

    private final class Subscriber extends FlowSubscriberBlackboxVerification<ByteBuffer> {
        Subscriber() {
            super(new TestEnvironment(WAIT, SILENCE, LOOK));
        }

        @Override
        public Flow.Subscriber<ByteBuffer> createFlowSubscriber() {
            return writer().subscriber();
        }

        @Override
        public ByteBuffer createElement(int element) {
            return ByteBuffer.wrap(new byte[] {(byte) element});
        }
    }

    @TestFactory
    Stream<DynamicTest> thePublisherObeysTheSpecification() {
        return tests(Publisher::new);
    }

    @TestFactory
    Stream<DynamicTest> theSubscriberObeysTheSpecification() {
        return tests(Subscriber::new);
    }

    private Stream<DynamicTest> tests(Supplier<Object> verification) {
        return Arrays.stream(verification.get().getClass().getMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .sorted(Comparator.comparing(Method::getName))
                .map(method -> DynamicTest.dynamicTest(method.getName(), () -> run(verification.get(), method)));
    }

    private void run(Object verification, Method test) throws Throwable {
        try {
            if (verification instanceof Subscriber) {
                ((Subscriber) verification).startPublisherExecutorService();
            }
            verification.getClass().getMethod("setUp").invoke(verification);
            test.setAccessible(true);
            test.invoke(verification);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SkipException) {
                throw new TestAbortedException(e.getCause().getMessage());
            }
            if (e.getCause() instanceof AssertionError) {
                throw new AssertionError(e.getCause().getMessage() + words(), e.getCause());
            }
            throw e.getCause();
        } finally {
            if (verification instanceof Subscriber) {
                ((Subscriber) verification).shutdownPublisherExecutorService();
            }
            close();
            nets.clear();
            sessions.clear();
        }
    }
}
