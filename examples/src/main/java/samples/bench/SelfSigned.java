package samples.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for the TLS rounds, made by the JDK's {@code keytool} in a temporary file. */
final class SelfSigned implements AutoCloseable {
    private static final String PROPERTY = "samples.bench.keystore";
    private static final String PASSWORD = "changeit";

    private final Path file;

    private SelfSigned(Path file) {
        this.file = file;
    }

    static SelfSigned create() throws IOException, InterruptedException {
        Path file = Files.createTempDirectory("faspstream-bench").resolve("keys.p12");
        Process keytool = new ProcessBuilder(System.getProperty("java.home") + "/bin/keytool", "-genkeypair",
                "-keyalg", "EC", "-dname", "CN=localhost", "-storetype", "PKCS12", "-alias", "benchmark",
                "-keystore", file.toString(), "-storepass", PASSWORD).redirectErrorStream(true).start();
        keytool.getInputStream().readAllBytes();
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool could not make a certificate in " + file);
        }
        return new SelfSigned(file);
    }

    static SelfSigned fromSystemProperties() {
        return new SelfSigned(Path.of(System.getProperty(PROPERTY)));
    }

    /** What the other JVM needs to find the same certificate. */
    List<String> systemProperties() {
        return List.of("-D" + PROPERTY + "=" + file);
    }

    SSLContext context() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD.toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** The same cipher as this library's default. */
    static Socket aes128(Socket socket) {
        SSLSocket ssl = (SSLSocket) socket;
        ssl.setEnabledProtocols(new String[] {"TLSv1.3"});
        ssl.setEnabledCipherSuites(new String[] {"TLS_AES_128_GCM_SHA256"});
        return ssl;
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
        Files.deleteIfExists(file.getParent());
    }
}
