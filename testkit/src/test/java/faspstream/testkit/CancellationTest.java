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
                Session reader = server.accept(Duration.ofSeconds(30))) {
            writer.output().write(new byte[1000]);
            writer.output().flush();
            reader.input().readNBytes(1000);
            Session here = byWriter ? writer : reader;
            Session there = byWriter ? reader : writer;
            // It waits for bytes, or for the peer to read them.
            CompletableFuture<Long> woke = CompletableFuture.supplyAsync(() -> {
                FaspException why = assertThrows(FaspException.class, () -> {
                    if (byWriter) {
                        there.input().read();
                    } else {
                        there.output().complete();
                    }
                });
                long at = System.nanoTime();
                assertEquals(ErrorCode.ABORTED_BY_PEER, why.code());
                assertTrue(why.getMessage().contains("cancelled"), why.getMessage());
                return at;
            });
            long cancelled = System.nanoTime();
            assertTrue(here.completion().cancel(true));
            Duration took = Duration.ofNanos(woke.get() - cancelled);
            System.out.printf("the other end of a path of %d ms woke after %d ms%n", ROUND_TRIP.toMillis(), took.toMillis());
            assertTrue(took.compareTo(ROUND_TRIP) < 0, took::toString);
        }
    }
}
