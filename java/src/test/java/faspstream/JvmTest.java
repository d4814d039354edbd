package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the library does to the JVM around it. */
@Timeout(60)
class JvmTest {
    /** Forgets everything and returns from main. */
    static final class Forgetful {
        public static void main(String[] args) throws IOException {
            Server server = Server.builder().tcpPort(0).udpPort(0).start();
            Client client = Client.builder().tcpPort(server.tcpPort()).connect();
            client.push("stream").write(new byte[100]);
            server.accept().input().read();
            client.pull("other").session().completion();
        }
    }

    @Test
    void theJvmEndsAfterMainThoughEverythingWasForgottenAndNothingIsPrinted() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "-Xcheck:jni", "-cp", System.getProperty("java.class.path")));
        if (Runtime.version().feature() >= 17) {
            // From 24 on the JVM itself warns without it.
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        String library = System.getProperty("faspstream.library.path");
        if (library != null) {
            command.add("-Dfaspstream.library.path=" + library);
        }
        command.add(Forgetful.class.getName());
        OtherJvm forgetful = OtherJvm.run(command);
        assertEquals("", forgetful.output());
        assertEquals(0, forgetful.exitValue());
    }

    @Test
    void aForgottenSessionIsReleasedAndReportedOnce() throws Exception {
        CountDownLatch reported = new CountDownLatch(1);
        Logger logger = Logger.getLogger("faspstream.leak");
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                if (record.getMessage().contains("a forgotten stream")) {
                    reported.countDown();
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try (Loopback net = new Loopback()) {
            WeakReference<Session> forgotten =
                    new WeakReference<>(net.client().open(Direction.PUSH, "a forgotten stream", Map.of()));
            while (!reported.await(10, TimeUnit.MILLISECONDS)) {
                System.gc();
            }
            assertNull(forgotten.get());
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
    }

    @Test
    void theLibraryIsAvailable() {
        assertNull(FaspStream.unavailabilityCause());
        assertTrue(FaspStream.isAvailable());
        assertEquals(faspstream.internal.Native.version(), FaspStream.version());
    }
}
