package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectTest {
    private static final AccessKey KEY = AccessKey.of("cam", "correct horse");

    private static FaspException refused(Client.Builder builder) {
        FaspException e = assertThrows(FaspException.class, builder::connect);
        assertFalse(e.getMessage().contains("\n"), "one clear line: " + e.getMessage());
        return e;
    }

    @Test
    void theKeyThatWasProvenIsThePrincipal() throws Exception {
        try (Loopback net = new Loopback(Server.builder().accessKey(AccessKey.generate("other"), KEY))) {
            Future<Session> there = net.async(net::accept);
            Session mine = net.client(Client.builder().accessKey(KEY)).open(Direction.PUSH, "s", java.util.Map.of());
            try (Session theirs = Loopback.get(there)) {
                assertEquals("cam", theirs.principal());
                assertEquals("cam", mine.principal());
            }
        }
    }

    @Test
    void aWrongSecretAnUnknownIdAndNoKeyAreNotLetIn() throws Exception {
        try (Loopback net = new Loopback(Server.builder().accessKey(KEY))) {
            int port = net.server.tcpPort();
            for (Client.Builder builder : new Client.Builder[] {
                Client.builder().accessKey(AccessKey.of("cam", "wrong horse")),
                Client.builder().accessKey(AccessKey.of("nobody", "correct horse")),
                Client.builder()
            }) {
                FaspException e = refused(builder.tcpPort(port));
                assertEquals(ErrorCode.AUTHENTICATION, e.code(), e.getMessage());
                assertFalse(e.retryable());
            }
        }
    }

    @Test
    void aMissingServerIsOneClearLine() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        FaspException e = refused(Client.builder().tcpPort(port));
        assertEquals(ErrorCode.CONNECTION_REFUSED, e.code(), e.getMessage());
        assertTrue(e.retryable() && e.getMessage().contains(String.valueOf(port)), e.getMessage());
    }

    @Test
    void aClientThatHasOnlyBegunToConnectCarriesStreams() throws Exception {
        try (Loopback net = new Loopback(Server.builder().accessKey(KEY));
                Client client = Client.builder().accessKey(KEY).tcpPort(net.server.tcpPort()).start()) {
            Future<Integer> sum = net.async(() -> {
                try (Session theirs = net.accept()) {
                    return theirs.input().read() + theirs.input().read();
                }
            });
            try (FaspOutputStream out = client.push("s")) {
                out.write(7);
            }
            assertEquals(7 - 1, Loopback.get(sum), "a byte, and the end");
        }
    }

    @Test
    void whyAClientThatHasBegunToConnectCannotIsSaidByTheCallThatOpens() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (Loopback net = new Loopback(Server.builder().accessKey(KEY));
                ServerSocket silent = new ServerSocket(0)) {
            Client.Builder silence = Client.builder().tcpPort(silent.getLocalPort()).connectTimeout(Duration.ofMillis(300));
            assertEquals(ErrorCode.CONNECTION_REFUSED, opening(Client.builder().tcpPort(free)));
            assertEquals(ErrorCode.TIMEOUT, opening(silence));
            assertEquals(ErrorCode.AUTHENTICATION, opening(Client.builder().tcpPort(net.server.tcpPort())));
        }
    }

    /** How the first call on a client fails that has begun to connect. */
    private static ErrorCode opening(Client.Builder builder) throws Exception {
        try (Client client = builder.start()) {
            FaspException e = assertThrows(FaspException.class, () -> client.pull("s"));
            assertFalse(e.getMessage().contains("\n"), "one clear line: " + e.getMessage());
            return e.code();
        }
    }

    @Test
    void aServerThatSaysNothingTimesOut() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            Client.Builder builder =
                    Client.builder().tcpPort(silent.getLocalPort()).connectTimeout(Duration.ofMillis(300));
            assertEquals(ErrorCode.TIMEOUT, refused(builder).code());
        }
    }

    @Test
    void aPortInUseIsNamed() throws Exception {
        try (Loopback net = new Loopback()) {
            int port = net.server.tcpPort();
            FaspException e =
                    assertThrows(FaspException.class, () -> Server.builder().tcpPort(port).udpPort(0).start());
            assertEquals(ErrorCode.ADDRESS_IN_USE, e.code(), e.getMessage());
            assertTrue(e.getMessage().contains(String.valueOf(port)), e.getMessage());
        }
    }

    @Test
    void aServerForOthersWithoutAKeyRefusesToStartAndSaysHowToMakeOne() {
        FaspException e = assertThrows(
                FaspException.class, () -> Server.builder().host("0.0.0.0").tcpPort(0).udpPort(0).start());
        assertEquals(ErrorCode.CONFIGURATION, e.code());
        assertTrue(e.getMessage().contains("access key"), e.getMessage());
    }

    @Test
    void aServerForOthersStartsWithAKey() throws Exception {
        Server.Builder builder = Server.builder().host("0.0.0.0").accessKey(KEY).tcpPort(0).udpPort(0);
        try (Server server = builder.start();
                Client client = Client.builder().accessKey(KEY).tcpPort(server.tcpPort()).connect()) {
            assertTrue(server.tcpPort() > 0 && server.udpPort() > 0);
            assertEquals(server.tcpPort(), server.address().getPort());
            client.push("stream").abort("enough");
        }
    }

    @Test
    void theSamePortsCanBeBoundAgainAtOnceAfterClose() throws Exception {
        int tcp;
        int udp;
        try (Loopback net = new Loopback()) {
            tcp = net.server.tcpPort();
            udp = net.server.udpPort();
            net.client().push("stream");
        }
        for (int i = 0; i < 5; i++) {
            Server.builder().tcpPort(tcp).udpPort(udp).start().close();
        }
    }

    @Test
    void aClosingServerGivesItsSessionsTheGrace() throws Exception {
        try (Loopback net = new Loopback()) {
            FaspOutputStream out = net.client().push("stream");
            Session session = net.accept();
            Future<byte[]> there = net.async(() -> session.input().readAllBytes());
            Future<?> closing = net.async(() -> {
                net.server.close(Duration.ofSeconds(30));
                return null;
            });
            out.write(new byte[100_000]);
            assertEquals(100_000, out.complete().bytes());
            assertEquals(100_000, Loopback.get(there).length);
            Loopback.get(closing);
        }
    }
}
