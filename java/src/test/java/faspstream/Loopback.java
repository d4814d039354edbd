package faspstream;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server and its clients on this machine, with threads for the other end. Closes all of it. */
final class Loopback implements AutoCloseable {
    /** How long the other end may take; more where the tests run in an emulator. */
    static final Duration LIMIT = Duration.ofSeconds(Long.getLong("test.limit.seconds", 60));

    final Server server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "test-peer");
        thread.setDaemon(true);
        return thread;
    });
    private final List<Client> clients = new ArrayList<>();

    Loopback() throws IOException {
        this(Server.builder());
    }

    Loopback(Server.Builder builder) throws IOException {
        server = builder.tcpPort(0).udpPort(0).start();
    }

    Client client() throws IOException {
        return client(Client.builder());
    }

    Client client(Client.Builder builder) throws IOException {
        Client client = builder.tcpPort(server.tcpPort()).connect();
        clients.add(client);
        return client;
    }

    ExecutorService threads() {
        return threads;
    }

    <T> Future<T> async(Callable<T> task) {
        return threads.submit(task);
    }

    /** The next session of the server. */
    Session accept() throws IOException {
        return server.accept(LIMIT);
    }

    /** What the other end gives; what it throws comes out as it is. */
    static <T> T get(Future<T> future) throws Exception {
        try {
            return future.get(LIMIT.getSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception) {
                throw (Exception) e.getCause();
            }
            throw e;
        } catch (TimeoutException e) {
            throw new AssertionError("the other end did not finish within " + LIMIT, e);
        }
    }

    /** Bytes that repeat nothing, from a seed. */
    static byte[] bytes(int count, long seed) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static byte[] sha256(byte[] bytes) {
        return digest().digest(bytes);
    }

    /** Reads to the end in chunks of this size; the digest of what came. */
    static byte[] sha256(InputStream in, int chunk) throws IOException {
        MessageDigest digest = digest();
        byte[] buffer = new byte[chunk];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            digest.update(buffer, 0, n);
        }
        return digest.digest();
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        clients.forEach(Client::close);
        server.close();
        threads.shutdownNow();
    }
}
