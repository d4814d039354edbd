package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AuthenticatorTest {
    private static final String SECRET = "correct horse battery staple";
    private static final AccessKey KEY = AccessKey.of("cam", SECRET);

    private static Loopback guarded(Authenticator authenticator) throws Exception {
        return new Loopback(Server.builder().accessKey(KEY).authenticator(authenticator));
    }

    private static FaspException refused(Client client, Direction direction, String stream) {
        FaspException e = assertThrows(FaspException.class, () -> client.open(direction, stream, Map.of()));
        assertFalse(e.getMessage().contains(SECRET), e.getMessage());
        return e;
    }

    @Test
    void itIsAskedAboutEachSessionWithAllThatIsKnown() throws Exception {
        List<AccessRequest> asked = new CopyOnWriteArrayList<>();
        Authenticator authenticator = request -> {
            asked.add(request);
            return request.stream().startsWith("cam/") ? AccessDecision.allow() : AccessDecision.deny("not your folder");
        };
        try (Loopback net = guarded(authenticator)) {
            Client client = net.client(Client.builder().accessKey(KEY));
            client.open(Direction.PUSH, "cam/1", Map.of("k", "v"));
            assertEquals("cam/1", net.accept().stream());
            FaspException e = refused(client, Direction.PULL, "other");
            assertEquals(ErrorCode.PERMISSION, e.code());
            assertTrue(e.getMessage().contains("not your folder"), e.getMessage());
            AccessRequest first = asked.get(0);
            assertEquals("cam", first.keyId());
            assertEquals(Direction.PUSH, first.direction());
            assertEquals(Map.of("k", "v"), first.metadata());
            assertTrue(first.certificate().isEmpty() && first.remoteAddress().getAddress().isLoopbackAddress());
            assertTrue(first.toString().contains("cam/1") && !first.toString().contains(SECRET), first.toString());
            assertEquals(2, asked.size());
            assertEquals(1, net.server.stats().sessionsRefused());
        }
    }

    @Test
    void anExceptionAnErrorAndNullAreANoThatTellsNothing() throws Exception {
        Authenticator[] broken = {
            request -> {
                throw new IllegalStateException("the password of the database is tulip");
            },
            request -> {
                throw new AssertionError("tulip");
            },
            request -> null
        };
        for (Authenticator authenticator : broken) {
            try (Loopback net = guarded(authenticator)) {
                FaspException e = refused(net.client(Client.builder().accessKey(KEY)), Direction.PUSH, "x");
                assertEquals(ErrorCode.PERMISSION, e.code());
                assertFalse(e.getMessage().contains("tulip"), e.getMessage());
            }
        }
    }

    @Test
    void oneThatTakesItsTimeHoldsUpNobodyElse() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        Authenticator authenticator = request -> {
            if (request.stream().equals("slow")) {
                slow.await();
            }
            return AccessDecision.allow();
        };
        try (Loopback net = guarded(authenticator)) {
            Client client = net.client(Client.builder().accessKey(KEY));
            Future<Session> waiting = net.async(() -> client.open(Direction.PUSH, "slow", Map.of()));
            client.open(Direction.PUSH, "fast", Map.of());
            assertEquals("fast", net.accept().stream());
            assertFalse(waiting.isDone());
            slow.countDown();
            assertEquals("slow", Loopback.get(waiting).stream());
        }
    }

    @Test
    void aServerMayBeClosedWhileItDecides() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Authenticator authenticator = request -> {
            asked.countDown();
            end.await();
            return AccessDecision.allow();
        };
        try (Loopback net = guarded(authenticator)) {
            Client client = net.client(Client.builder().accessKey(KEY));
            Future<Session> waiting = net.async(() -> client.open(Direction.PUSH, "x", Map.of()));
            asked.await();
            net.server.close();
            assertThrows(FaspException.class, () -> Loopback.get(waiting));
            end.countDown();
        }
    }

    @Test
    void theLimitsOfAKeyHoldItsHolder() throws Exception {
        AccessKey limited = AccessKey.parse("cam(push;rate=10mbit;prefix=cam-;sessions=1):" + SECRET);
        assertEquals("push;rate=10mbit;prefix=cam-;sessions=1", limited.limits());
        assertEquals("cam", limited.id());
        assertEquals(limited, AccessKey.parse(limited.reveal()));
        try (Loopback net = new Loopback(Server.builder().accessKey(limited))) {
            Client client = net.client(Client.builder().accessKey(KEY));
            assertEquals(ErrorCode.PERMISSION, refused(client, Direction.PULL, "cam-1").code());
            FaspException e = refused(client, Direction.PUSH, "other");
            assertTrue(e.getMessage().contains("cam-"), e.getMessage());
            client.open(Direction.PUSH, "cam-1", Map.of());
            assertEquals(Rate.mbps(10), net.accept().stats().targetRate());
            assertEquals(ErrorCode.RESOURCES, refused(client, Direction.PUSH, "cam-2").code());
        }
    }

    @Test
    void aLimitThatDoesNotExistIsNamedWithThoseThatDo() {
        AccessKey wrong = KEY.withLimits("pusch");
        FaspException e = assertThrows(
                FaspException.class, () -> Server.builder().tcpPort(0).udpPort(0).accessKey(wrong).start());
        assertEquals(ErrorCode.CONFIGURATION, e.code());
        assertTrue(e.getMessage().contains("pusch") && e.getMessage().contains("push"), e.getMessage());
        assertFalse(e.getMessage().contains(SECRET), e.getMessage());
    }

    @Test
    void aPinnedClientStaysOnlyWithItsServer() throws Exception {
        try (Loopback net = new Loopback(Server.builder().accessKey(KEY))) {
            net.client(Client.builder().accessKey(KEY).tlsPin("00".repeat(32), net.server.keyPin()));
            Client.Builder other = Client.builder().accessKey(KEY).tlsPin("00".repeat(32)).tcpPort(net.server.tcpPort());
            FaspException e = assertThrows(FaspException.class, other::connect);
            assertEquals(ErrorCode.AUTHENTICATION, e.code());
            assertTrue(e.getMessage().contains(net.server.keyPin()), e.getMessage());
        }
    }
}
