package samples.stream;

import faspstream.Client;
import faspstream.Receipt;
import faspstream.Server;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Many clients at once, each with a connection and streams of its own, against one server with one TCP and one UDP port; all in this JVM.
 *
 * <p>{@code java ... samples.stream.ManyClients CLIENTS MEGABYTES}
 */
public final class ManyClients {
    private ManyClients() {}

    /**
     * Runs clients and server.
     *
     * @param args how many clients, and how many megabytes each of them pushes
     * @throws Exception if a stream is not whole
     */
    public static void main(String[] args) throws Exception {
        long begin = System.nanoTime();
        long bytes = run(Integer.parseInt(args[0]), Integer.parseInt(args[1]) << 20);
        System.out.printf("%d bytes, %.1f MB/s together%n", bytes, bytes / 1e6 / ((System.nanoTime() - begin) / 1e9));
    }

    static long run(int clients, int bytesEach) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Server server = Server.builder().tcpPort(0).udpPort(0).start()) {
            server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), threads);
            List<Future<Receipt>> receipts = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                String name = "client-" + i;
                receipts.add(threads.submit(() -> push(server.tcpPort(), name, bytesEach)));
            }
            long total = 0;
            for (Future<Receipt> receipt : receipts) {
                total += receipt.get().bytes();
            }
            return total;
        } finally {
            threads.shutdown();
        }
    }

    private static Receipt push(int port, String name, int bytes) throws IOException {
        try (Client client = Client.builder().tcpPort(port).connect()) {
            return client.push(name, out -> out.write(new byte[bytes]));
        }
    }
}
