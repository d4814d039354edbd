package faspstream.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import faspstream.Client;
import faspstream.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PollerTest {
    private static void use() throws Exception {
        try (Server server = Server.builder().tcpPort(0).udpPort(0).start();
                Client client = Client.builder().tcpPort(server.tcpPort()).connect()) {
            server.serve(session -> session.read(in -> in.readAllBytes()), Runnable::run);
            assertEquals(3, client.push("stream", out -> out.write(new byte[3])).bytes());
            assertTrue(Poller.isRunning());
        }
    }

    @Test
    void theThreadEndsWhenNothingIsOpenAndComesBackOnDemand() throws Exception {
        for (int round = 0; round < 2; round++) {
            use();
            // Also holds that nothing which other tests opened is still registered.
            while (Poller.isRunning()) {
                System.gc();
                Thread.yield();
            }
        }
    }
}
