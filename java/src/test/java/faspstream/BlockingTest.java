package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Waits: what ends them, and in what state that leaves the stream. */
@Timeout(60)
class BlockingTest {
    /** Bytes that no window takes at once, and few enough for the heap of the tests. */
    private static final int MUCH = 64 << 20;

    /** A thread that is inside a call which can't return by itself. */
    private static final class Blocked {
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final AtomicReference<Boolean> interrupted = new AtomicReference<>();
        final Thread thread;

        Blocked(Executable call) throws InterruptedException {
            thread = new Thread(() -> {
                try {
                    call.execute();
                } catch (Throwable e) {
                    thrown.set(e);
                }
                interrupted.set(Thread.currentThread().isInterrupted());
            });
            thread.setDaemon(true);
            thread.start();
            // Parked for want of an event: the state that the test is about, not a time.
            while (thread.getState() != Thread.State.WAITING && thread.isAlive()) {
                Thread.onSpinWait();
            }
        }

        <T extends Throwable> T fails(Class<T> type) throws InterruptedException {
            thread.join(Loopback.LIMIT.toMillis());
            assertFalse(thread.isAlive(), "still waiting");
            return assertThrows(type, () -> {
                throw thrown.get();
            });
        }
    }

    private static void fill(FaspOutputStream out) throws java.io.IOException {
        byte[] chunk = new byte[1 << 20];
        while (true) {
            out.write(chunk);
        }
    }

    @Test
    void closeWakesAWaitingAccept() throws Exception {
        Loopback net = new Loopback();
        Blocked accept = new Blocked(net.server::accept);
        Blocked other = new Blocked(net.server::accept);
        net.close();
        assertEquals(ErrorCode.CLOSED, accept.fails(FaspException.class).code());
        assertEquals(ErrorCode.CLOSED, other.fails(FaspException.class).code());
        assertEquals(ErrorCode.CLOSED, assertThrows(FaspException.class, net.server::accept).code());
        net.server.close();
        assertTrue(net.server.sessions().isEmpty());
    }

    @Test
    void closeWakesAWaitingRead() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspInputStream in = net.client().pull("stream");
            Blocked read = new Blocked(in::read);
            in.close();
            assertEquals(ErrorCode.CLOSED, read.fails(FaspException.class).code());
            assertEquals(ErrorCode.CLOSED, assertThrows(FaspException.class, in::read).code());
            in.close();
        }
    }

    @Test
    void closingTheClientWakesAWaitingRead() throws Exception {
        try (Loopback net = new Loopback()) {
            Client client = net.client();
            FaspInputStream in = client.pull("stream");
            Blocked read = new Blocked(in::read);
            client.close();
            read.fails(FaspException.class);
            assertEquals(ErrorCode.CLOSED, assertThrows(FaspException.class, () -> client.push("more")).code());
        }
    }

    @Test
    void closeWakesAWaitingWrite() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client(Client.builder().bufferMax(1 << 20)).push("stream");
            Blocked write = new Blocked(() -> fill(out));
            out.close();
            assertEquals(ErrorCode.CLOSED, write.fails(FaspException.class).code());
            assertThrows(FaspException.class, () -> out.write(1));
        }
    }

    @Test
    void closeWakesAWaitingComplete() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client().push("stream");
            Blocked complete = new Blocked(out::complete);
            out.session().close();
            assertEquals(ErrorCode.CLOSED, complete.fails(FaspException.class).code());
        }
    }

    @Test
    void aChannelThatIsClosedMeanwhileSaysSoAsTheJdkDoes() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspInputStream in = net.client().pull("stream");
            Blocked read = new Blocked(() -> in.read(ByteBuffer.allocateDirect(10)));
            in.close();
            read.fails(AsynchronousCloseException.class);
            assertFalse(in.isOpen());
            assertThrows(ClosedChannelException.class, () -> in.read(ByteBuffer.allocate(10)));
        }
    }

    @Test
    void anInterruptedReadThrowsAndTheStreamIsStillUsable() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspInputStream in = net.client().pull("stream");
            try (Session session = net.accept()) {
                Blocked read = new Blocked(in::read);
                read.thread.interrupt();
                read.fails(InterruptedIOException.class);
                assertTrue(read.interrupted.get(), "the interrupt status stays set");
                session.output().write(7);
                session.output().flush();
                assertEquals(7, in.read());
            }
        }
    }

    @Test
    void anInterruptedChannelIsClosedAsInTheJdk() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspInputStream in = net.client().pull("stream");
            try (Session session = net.accept()) {
                Blocked read = new Blocked(() -> in.read(ByteBuffer.allocate(10)));
                read.thread.interrupt();
                read.fails(ClosedByInterruptException.class);
                assertTrue(read.interrupted.get());
                assertFalse(in.isOpen());
                assertThrows(FaspException.class, () -> fill(session.output()));
            }
        }
    }

    @Test
    void anInterruptedWriteTellsHowMuchWasTakenAndCloseDoesNotComplete() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client(Client.builder().bufferMax(1 << 20)).push("stream");
            try (Session session = net.accept()) {
                Blocked write = new Blocked(() -> out.write(new byte[MUCH]));
                write.thread.interrupt();
                int taken = write.fails(InterruptedIOException.class).bytesTransferred;
                assertTrue(taken > 0 && taken < MUCH, "taken " + taken);
                assertEquals(ErrorCode.INCOMPLETE, assertThrows(FaspException.class, out::close).code());
                assertThrows(FaspException.class, () -> session.input().readAllBytes());
            }
        }
    }

    @Test
    void anInterruptedWritingChannelIsClosedAsInTheJdk() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client(Client.builder().bufferMax(1 << 20)).push("stream");
            ByteBuffer large = ByteBuffer.allocateDirect(MUCH);
            Blocked write = new Blocked(() -> out.write(large));
            write.thread.interrupt();
            write.fails(ClosedByInterruptException.class);
            assertTrue(large.position() > 0 && large.hasRemaining());
            assertFalse(out.isOpen());
        }
    }

    @Test
    void anInterruptedAcceptThrowsAndTheServerIsStillUsable() throws Exception {
        try (Loopback net = new Loopback()) {
            Blocked accept = new Blocked(net.server::accept);
            accept.thread.interrupt();
            accept.fails(InterruptedIOException.class);
            net.client().push("stream");
            net.accept().close();
        }
    }

    @Test
    void aReadThatTimesOutLeavesTheStreamUsable() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspInputStream in = net.client().pull("stream");
            try (Session session = net.accept()) {
                in.readTimeout(Duration.ofMillis(20));
                assertThrows(SocketTimeoutException.class, in::read);
                assertThrows(SocketTimeoutException.class, () -> in.read(ByteBuffer.allocate(1)));
                in.readTimeout(Duration.ZERO);
                session.output().write(9);
                session.output().flush();
                assertEquals(9, in.read());
                assertThrows(IllegalArgumentException.class, () -> in.readTimeout(Duration.ofMillis(-1)));
            }
        }
    }

    @Test
    void anAcceptThatTimesOutLeavesTheServerUsable() throws Exception {
        try (Loopback net = new Loopback()) {
            assertThrows(SocketTimeoutException.class, () -> net.server.accept(Duration.ofMillis(20)));
            net.client().push("stream");
            net.accept().close();
        }
    }

    @Test
    void aWriteThatTimesOutTellsHowMuchWasTaken() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client(Client.builder().bufferMax(1 << 20)).push("stream");
            out.writeTimeout(Duration.ofMillis(50));
            SocketTimeoutException e =
                    assertThrows(SocketTimeoutException.class, () -> out.write(new byte[MUCH]));
            assertTrue(e.bytesTransferred > 0);
            out.abort("enough");
        }
    }

    @Test
    void aSlowReaderSlowsTheWriterWithinTheMemoryOfBothEnds() throws Exception {
        long most = 1 << 20;
        try (Loopback net = new Loopback(Server.builder().bufferMax(most))) {
            FaspOutputStream out = net.client(Client.builder().bufferMax(most)).push("stream");
            Blocked write = new Blocked(() -> fill(out));
            try (Session session = net.accept()) {
                assertTrue(out.session().stats().bytesAccepted() <= 3 * most);
                byte[] chunk = new byte[64 << 10];
                long read = 0;
                while (read < 20 * most) {
                    read += session.input().read(chunk);
                    long accepted = out.session().stats().bytesAccepted();
                    assertTrue(accepted - read <= 3 * most, accepted + " accepted, " + read + " read");
                }
            }
            write.fails(FaspException.class);
        }
    }
}
