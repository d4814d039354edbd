package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import faspstream.internal.Native;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
    @TempDir
    Path dir;

    private Path file(String content) throws IOException {
        return Files.writeString(dir.resolve("faspstream.properties"), content);
    }

    private static String encoded(EndpointBuilder<?> builder) throws IOException {
        return new String(builder.effective().encode(), StandardCharsets.UTF_8);
    }

    @Test
    void keysAndDefaultsAreThoseOfTheEngine() {
        Set<String> keys = new HashSet<>();
        for (String line : Native.configTable().split("\n")) {
            String[] row = line.split("\t", -1);
            Setting setting = Setting.of(row[0]);
            assertTrue(setting != null, "the engine knows " + row[0] + ", Java does not");
            assertEquals(row[1], setting.defaultText, row[0]);
            keys.add(row[0]);
        }
        for (Setting setting : Setting.values()) {
            assertTrue(keys.contains(setting.key), "Java knows " + setting.key + ", the engine does not");
        }
    }

    @Test
    void everyBuilderMethodSetsItsKey() throws IOException {
        Server.Builder builder = Server.builder()
                .host("::1").tcpPort(1).udpPort(2).accessKey(AccessKey.of("a", "12345678"))
                .accessKey(AccessKey.of("b", "87654321")).targetRate(Rate.gbps(2)).minRate(Rate.mbps(1))
                .policy(RatePolicy.LOW).cipher(Cipher.CHACHA20_POLY1305).digest(Digest.BLAKE3).datagramSize(1400).bufferSize(1 << 20)
                .bufferMax(2 << 20).connectTimeout(Duration.ofMillis(1500)).outageTimeout(Duration.ofMinutes(10))
                .maxSessions(5).maxSessionsPerAddress(4).completeOnClose(false).tlsCertificate(Path.of("c")).tlsKey(Path.of("k"))
                .tlsTrust(Path.of("t")).tlsPin("AB".repeat(32), "sha256:" + "0c".repeat(32)).transport(Transport.UDP).dscp(46);
        assertEquals(
                "host=::1\ntcp.port=1\nudp.port=2\ntarget.rate=2000000000bit\nmin.rate=1000000bit\npolicy=low\n"
                        + "cipher=chacha20-poly1305\ndigest=blake3\ntls.cert=c\ntls.key=k\ntls.trust=t\ntls.pin=sha256:" + "ab".repeat(32) + ",sha256:" + "0c".repeat(32) + "\ndatagram.size=1400\n"
                        + "buffer.size=1048576\nbuffer.max=2097152\nconnect.timeout=1500ms\noutage.timeout=600000ms\n"
                        + "max.sessions=5\nmax.sessions.per.address=4\ncomplete.on.close=false\ntransport=udp\ndscp=46\n"
                        + "access.key=a:12345678\naccess.key=b:87654321\n",
                encoded(builder));
    }

    @Test
    void theBuilderOverridesSystemPropertiesWhichOverrideTheClassPath() throws Exception {
        file("tcp.port=1\nudp.port=2\nmax.sessions=3\n");
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        System.setProperty("faspstream.udp.port", "22");
        System.setProperty("faspstream.max.sessions", "33");
        try (URLClassLoader loader = new URLClassLoader(new URL[] {dir.toUri().toURL()}, before)) {
            thread.setContextClassLoader(loader);
            String text = encoded(Server.builder().maxSessions(333));
            assertTrue(text.contains("tcp.port=1\nudp.port=22\n") && text.contains("max.sessions=333\n"), text);
        } finally {
            thread.setContextClassLoader(before);
            System.clearProperty("faspstream.udp.port");
            System.clearProperty("faspstream.max.sessions");
        }
    }

    @Test
    void aFileCountsFromWhereItStandsAmongTheCalls() throws IOException {
        Path file = file("tcp.port=1\nudp.port=2\n");
        String text = encoded(Server.builder().tcpPort(11).config(file).udpPort(22));
        assertTrue(text.contains("tcp.port=1\nudp.port=22\n"), text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "tcp.prot=1 | tcp.prot | tcp.port",
        "tcp.port=70000 | tcp.port | 65535",
        "target.rate=fast | target.rate | mbit",
        "buffer.max=1 | buffer.max | 64kb",
        "connect.timeout=20 | connect.timeout | 20s",
        "policy=brutal | policy | fair",
        "cipher=none | cipher | aes-128-gcm",
        "digest=md5 | digest | xxh3, blake3",
        "complete.on.close=maybe | complete.on.close | true or false",
        "dscp=64 | dscp | 63",
        "tls.pin=00 | tls.pin | 64 hexadecimal digits",
        "min.rate=unlimited | min.rate | target rate"
    })
    void aBadEntryNamesFileKeyAndWhatIsAllowed(String entry, String key, String allowed) throws IOException {
        Path file = file(entry + "\n");
        FaspException e = assertThrows(FaspException.class, () -> Client.builder().config(file).effective());
        assertEquals(ErrorCode.CONFIGURATION, e.code());
        for (String part : List.of(file.toString(), key, allowed)) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }

    @Test
    void aSecretWithCommaAndColonIsNotRepeated() throws IOException {
        Path file = file("access.key=cam:hush and, hush again:quiet\n");
        Throwable e = assertThrows(FaspException.class, () -> Client.builder().config(file).effective());
        assertTrue(e.getMessage().contains("access.key"), e.getMessage());
        for (; e != null; e = e.getCause()) {
            assertFalse(e.getMessage().contains("hush") || e.getMessage().contains("quiet"), e.getMessage());
        }
    }

    @Test
    void aBadSystemPropertyIsNamed() {
        System.setProperty("faspstream.tcp.port", "many");
        try {
            FaspException e = assertThrows(FaspException.class, () -> Client.builder().effective());
            assertTrue(e.getMessage().contains("system property faspstream.tcp.port"), e.getMessage());
        } finally {
            System.clearProperty("faspstream.tcp.port");
        }
    }

    @ParameterizedTest
    @CsvSource({"target.rat,target.rate", "targetRate,target.rate", "bufer.size,buffer.size", "udpport,udp.port", "tcp-port,tcp.port"})
    void anUnknownSystemPropertyIsAnErrorThatNamesTheNearestKey(String typo, String key) {
        System.setProperty("faspstream." + typo, "1");
        try {
            FaspException e = assertThrows(FaspException.class, () -> Server.builder().tcpPort(0).udpPort(0).start());
            assertEquals(ErrorCode.CONFIGURATION, e.code());
            assertTrue(e.getMessage().contains("did you mean '" + key + "'"), e.getMessage());
        } finally {
            System.clearProperty("faspstream." + typo);
        }
    }

    @Test
    void secretsAreNotRepeatedInErrors() throws IOException {
        Path file = file("access.key=hush-hush-hush\n");
        FaspException e = assertThrows(FaspException.class, () -> Client.builder().config(file).effective());
        assertFalse(e.getMessage().contains("hush"), e.getMessage());
    }

    @Test
    void combinationsThatCantWorkAreRefused() throws IOException {
        for (EndpointBuilder<?> builder : List.<EndpointBuilder<?>>of(
                Client.builder().targetRate(Rate.mbps(1)).minRate(Rate.mbps(2)),
                Client.builder().bufferSize(2 << 20).bufferMax(1 << 20),
                Client.builder().tlsKey(dir),
                Client.builder().config(dir.resolve("missing")))) {
            assertEquals(ErrorCode.CONFIGURATION, assertThrows(FaspException.class, builder::effective).code());
        }
    }

    @Test
    void anUpperLayerReplacesTheAccessKeysOfLowerOnes() throws IOException {
        Path keys = Files.writeString(dir.resolve("keys"), "file:12345678\n");
        Path file = file("access.key.file=" + keys + "\n");
        assertTrue(encoded(Server.builder().config(file)).contains("access.key=file:12345678"));
        String text = encoded(Server.builder().config(file).accessKey(AccessKey.of("mine", "12345678")));
        assertTrue(text.contains("access.key=mine:") && !text.contains("file:"), text);
    }

    @Test
    void optionsLeaveAloneWhatTheyDoNotHold() throws IOException {
        TransferOptions options = TransferOptions.defaults().policy(RatePolicy.HIGH).datagramSize(0).dscp(-1);
        String text = encoded(Client.builder().targetRate(Rate.mbps(3)).options(options));
        assertTrue(text.contains("target.rate=3000000bit\n") && text.contains("policy=high\n"), text);
        assertTrue(text.contains("datagram.size=auto\n") && text.contains("dscp=default\n"), text);
        assertEquals(Rate.UNLIMITED, options.targetRate());
        assertEquals(256 << 20, options.bufferMax());
        assertEquals(-1, options.dscp());
        assertEquals("TransferOptions[policy=high, datagram.size=auto, dscp=default]", options.toString());
        assertEquals(Rate.mbps(9), TransferOptions.load(file("target.rate=9mbit\nhost=x\n")).targetRate());
    }

    @Test
    void argumentsOutOfRangeAreRefusedWithValueAndRange() {
        for (Runnable bad : new Runnable[] {
            () -> Client.builder().tcpPort(-1),
            () -> Client.builder().datagramSize(100),
            () -> Client.builder().bufferMax(0),
            () -> Client.builder().maxSessions(0),
            () -> Client.builder().maxSessionsPerAddress(0),
            () -> Client.builder().dscp(64),
            () -> Client.builder().connectTimeout(Duration.ZERO),
            () -> Client.builder().outageTimeout(Duration.ofDays(365)),
            () -> Client.builder().targetRate(Rate.bps(0)),
            () -> Client.builder().host("")
        }) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, bad::run);
            assertTrue(e.getMessage().contains("allowed is"), e.getMessage());
        }
    }

    @Test
    void theConfFileOfTheDistributionHoldsEveryKeyAndIsValid() throws IOException {
        Path conf = Path.of(System.getProperty("user.dir")).resolve("conf/faspstream.properties");
        if (!Files.exists(conf)) {
            conf = Path.of(System.getProperty("user.dir")).resolve("../conf/faspstream.properties");
        }
        String text = Files.readString(conf);
        for (Setting setting : Setting.values()) {
            assertTrue(text.contains(setting.key), setting.key);
        }
        Settings.load(conf).check();
    }
}
