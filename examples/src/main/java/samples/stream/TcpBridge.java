package samples.stream;

import faspstream.Client;
import faspstream.Direction;
import faspstream.Server;
import faspstream.Session;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Carries TCP connections over FASP, so that any program becomes faster on a bad link without a change to it.
 *
 * <p>{@code java ... samples.stream.TcpBridge exit HOST:PORT} beside the program that is to be reached, and
 * {@code java ... samples.stream.TcpBridge entry PORT} beside the one that connects: it connects to PORT of 127.0.0.1 instead. Each connection
 * is two streams of one name: a pushed one for what the connecting side sends, a pulled one for what comes back.
 */
public final class TcpBridge {
    private static final int CHUNK = 64 << 10;

    private TcpBridge() {}

    /**
     * Runs one side until Ctrl-C.
     *
     * @param args {@code entry PORT} or {@code exit HOST:PORT}
     * @throws Exception if a port can't be bound, or the exit can't be reached
     */
    public static void main(String[] args) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        if (args[0].equals("exit")) {
            int colon = args[1].lastIndexOf(':');
            String host = args[1].substring(0, colon);
            try (Server server = Server.builder().start()) {
                exit(server, new InetSocketAddress(host, Integer.parseInt(args[1].substring(colon + 1))), threads);
                Thread.currentThread().join();
            }
        }
        try (Client client = Client.builder().connect();
                ServerSocket door = new ServerSocket(Integer.parseInt(args[1]), 50, InetAddress.getLoopbackAddress())) {
            entry(client, door, threads);
        }
    }

    // ---- the side that programs connect to

    static void entry(Client client, ServerSocket door, ExecutorService threads) throws IOException {
        while (true) {
            Socket socket = door.accept();
            String name = UUID.randomUUID().toString();
            // The push comes first: with it the exit connects.
            Session forth = client.open(Direction.PUSH, name, Map.of());
            Session back = client.open(Direction.PULL, name, Map.of());
            threads.execute(() -> carry(socket, () -> send(socket, forth)));
            threads.execute(() -> carry(socket, () -> deliver(back, socket)));
        }
    }

    // ---- the side that connects to the program

    static void exit(Server server, InetSocketAddress target, ExecutorService threads) {
        Map<String, Socket> open = new ConcurrentHashMap<>();
        server.serve(session -> {
            if (session.direction() == Direction.PUSH) {
                Socket socket = new Socket(target.getAddress(), target.getPort());
                synchronized (open) {
                    open.put(session.stream(), socket);
                    open.notifyAll();
                }
                carry(socket, () -> deliver(session, socket));
            } else {
                Socket socket = await(open, session.stream());
                carry(socket, () -> send(socket, session));
            }
        }, threads);
    }

    /** The pull may overtake the connecting of its push. */
    private static Socket await(Map<String, Socket> open, String name) throws IOException {
        long deadline = System.nanoTime() + 10_000_000_000L;
        synchronized (open) {
            while (!open.containsKey(name)) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException("no connection to the target for " + name);
                }
                try {
                    open.wait(100);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted", e);
                }
            }
            return open.remove(name);
        }
    }

    // ---- both sides

    private interface Work {
        void run() throws IOException;
    }

    /** What fails in one direction ends the connection, which ends the other one. */
    private static void carry(Socket socket, Work work) {
        try {
            work.run();
        } catch (IOException e) {
            System.err.println("connection ended: " + e.getMessage());
            try {
                socket.close();
            } catch (IOException closing) {
                // it is closed then
            }
        }
    }

    /** A conversation waits for its bytes, so each piece goes at once. */
    private static void send(Socket from, Session to) throws IOException {
        try (to) {
            to.write(out -> {
                byte[] chunk = new byte[CHUNK];
                for (int n = from.getInputStream().read(chunk); n >= 0; n = from.getInputStream().read(chunk)) {
                    out.write(chunk, 0, n);
                    out.flush();
                }
            });
        }
    }

    private static void deliver(Session from, Socket to) throws IOException {
        try (from) {
            from.read(in -> {
                in.transferTo(to.getOutputStream());
                to.shutdownOutput();
            });
        }
    }
}
