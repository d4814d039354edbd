package faspstream.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import faspstream.Client;
import faspstream.Direction;
import faspstream.ErrorCode;
import faspstream.FaspException;
import faspstream.Server;
import faspstream.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cancelling the future of a stream ends it at both ends, at the far one within a round trip. */
@Timeout(60)
@BadNetwork(rtt = "600ms", seed = 7)
class CancellationTest {
    private static final Duration ROUND_TRIP = Duration.ofMillis(600);

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCancelledCompletionWakesWhoWaitsAtTheOtherEndWithinOneRoundTrip(boolean byWriter, TestNetwork network) throws Exception {
        try (Server server = Server.builder().tcpPort(0).udpPort(0).start();
                Client client = network.client(server).connect();
                Session writer = client.open(Direction.PUSH, "stream", Map.of());
                Session reader = server.accept(Duration.ofSeconds(30));
                Session other = client.open(byWriter ? Direction.PUSH : Direction.PULL, "beside it", Map.of());
                Session othersPeer = server.accept(Duration.ofSeconds(30))) {
            writer.output().write(new byte[1000]);
            writer.output().flush();
            reader.input().readNBytes(1000);
            Session here = byWriter ? writer : reader;
            Session there = byWriter ? reader : writer;
            CompletableFuture<Long> woke = CompletableFuture.supplyAsync(() -> whenCancelled(there, byWriter));
            CompletableFuture<Long> arrived = CompletableFuture.supplyAsync(() -> whenRead(byWriter ? othersPeer : other));
            long begin = System.nanoTime();
            assertTrue(here.completion().cancel(true));
            Session source = byWriter ? other : othersPeer;
            source.output().write(1);
            source.output().flush();
            Duration took = Duration.ofNanos(woke.get() - begin);
            // A byte of another stream goes the same way at the same time: what it needs beyond the propagation is the machine's doing.
            Duration machine = Duration.ofNanos(arrived.get() - begin).minus(ROUND_TRIP.dividedBy(2));
            System.out.printf("the other end of a path of %d ms woke after %d ms, %d of them the machine's%n", ROUND_TRIP.toMillis(),
                    took.toMillis(), machine.toMillis());
            assertTrue(took.minus(machine).compareTo(ROUND_TRIP) < 0, () -> took + ", of which the machine had " + machine);
        }
    }

    /** When one that waits, for bytes or for the peer to read them, is told of the cancellation. */
    private static long whenCancelled(Session session, boolean reads) {
        FaspException why = assertThrows(FaspException.class, () -> {
            if (reads) {
                session.input().read();
            } else {
                session.output().complete();
            }
        });
        long at = System.nanoTime();
        assertEquals(ErrorCode.ABORTED_BY_PEER, why.code());
        assertTrue(why.getMessage().contains("cancelled"), why.getMessage());
        return at;
    }

    private static long whenRead(Session session) {
        try {
            session.input().read();
            return System.nanoTime();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
