package consumer;

import faspstream.Client;
import faspstream.Receipt;
import faspstream.Server;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A user's program: pushes a stream to itself. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Server server = Server.builder().tcpPort(0).udpPort(0).start();
                Client client = Client.builder().tcpPort(server.tcpPort()).connect()) {
            server.serve(session -> session.read(in -> in.readAllBytes()), threads);
            Receipt receipt = client.push("greeting", out -> out.write(new byte[100_000]));
            if (receipt.bytes() != 100_000) {
                throw new IllegalStateException("not whole: " + receipt);
            }
            System.out.println("consumer: " + receipt.bytes() + " bytes by faspstream of "
                    + Server.class.getProtectionDomain().getCodeSource().getLocation());
        } finally {
            threads.shutdownNow();
        }
    }
}
