package samples.p2p;

import faspstream.Direction;
import faspstream.Receipt;
import faspstream.Server;
import faspstream.Session;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A server that takes the streams that clients push and gives them back to those that pull.
 *
 * <p>The order of things: build the server and start it; accept a session, which is one pushed or pulled stream; give it to a
 * thread, which reads or writes it in a body; accept the next one.
 */
public final class GenericServerExample {
    private static final String USAGE = String.join(System.lineSeparator(),
            "usage: GenericServerExample [--port N] [--udp-port N] [--host ADDR] [--dir DIR] [--key ID:SECRET] [--once]",
            "  --port N         TCP control port, 0 = any free one (default: tcp.port of faspstream.properties, else 33001)",
            "  --udp-port N     UDP data port, 0 = any free one (default: udp.port, else 33001)",
            "  --host ADDR      address to listen on (default: host, else 127.0.0.1); any but loopback needs a key",
            "  --dir DIR        keep streams as files there; without it they are kept in memory",
            "  --key ID:SECRET  the access key that clients have to prove",
            "  --once           serve one session, then end: 0 if it went well, 1 if not");

    private final StreamStore store;

    private GenericServerExample(StreamStore store) {
        this.store = store;
    }

    /**
     * Runs the server until Ctrl-C.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(Program.run(() -> start(args)));
    }

    private static int start(String[] args) throws UsageException, IOException, InterruptedException {
        CommandLine line = CommandLine.parse(args, Set.of("--port", "--udp-port", "--host", "--dir", "--key"), Set.of("--once", "--help"));
        if (line.has("--help")) {
            System.out.println(USAGE);
            return 0;
        }
        if (!line.words().isEmpty()) {
            throw new UsageException("unexpected '" + line.words().get(0) + "': --help shows the options");
        }
        // What is not set here comes from faspstream.properties on the class path, and from -Dfaspstream.<key>=<value>.
        Server.Builder builder = Server.builder();
        line.text("--host").ifPresent(builder::host);
        line.port("--port", 0).ifPresent(builder::tcpPort);
        line.port("--udp-port", 0).ifPresent(builder::udpPort);
        line.key("--key").ifPresent(builder::accessKey);
        StreamStore store = line.text("--dir").isPresent()
                ? new DirectoryStore(Path.of(line.text("--dir").get())) : MemoryStore.ofThisHeap();
        try (Server server = builder.start()) {
            return new GenericServerExample(store).run(server, line.has("--once"));
        }
    }

    private int run(Server server, boolean once) throws IOException, InterruptedException {
        System.out.println("listening on " + at(server.address()) + " (TCP) and UDP port " + server.udpPort());
        System.out.println(store.describe());
        ExecutorService executor = Executors.newCachedThreadPool();
        AtomicBoolean stopping = new AtomicBoolean();
        // Ctrl-C, and the end after --once.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping.set(true);
            stop(server, executor);
        }));
        try {
            while (true) {
                Session session = server.accept();
                Future<Boolean> served = executor.submit(() -> serve(session));
                if (once) {
                    return served.get() ? 0 : 1;
                }
            }
        } catch (IOException e) {
            if (stopping.get()) {
                return 0;
            }
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException("the session's thread failed", e.getCause());
        }
    }

    private static String at(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    /** No new sessions, a moment for those that run, then an abort that their clients are told of and a moment to clean up. */
    private static void stop(Server server, ExecutorService executor) {
        server.close(Duration.ofSeconds(2));
        executor.shutdown();
        try {
            executor.awaitTermination(3, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.out.println("closed");
    }

    /** One session, from its first byte to its last. Returns whether it went well. */
    private boolean serve(Session session) {
        boolean pushed = session.direction() == Direction.PUSH;
        String what = (pushed ? "push" : "pull") + " '" + session.stream() + "' " + (pushed ? "from " : "to ") + at(session.remoteAddress());
        try (session) {
            Receipt receipt = pushed ? receive(session) : send(session);
            System.out.println(what + ": " + receipt.bytes() + " bytes");
            return true;
        } catch (IOException e) {
            System.out.println(what + " failed: " + Program.describe(e));
            return false;
        }
    }

    private Receipt receive(Session session) throws IOException {
        try (StreamStore.Incoming incoming = beforeFirstByte(session, store::create)) {
            // The body form: the client's push returns when the body does, and fails with the message of what the body throws.
            return session.read(in -> {
                // Ends only after the length and the digest of the whole stream were verified; everything else throws.
                in.transferTo(incoming.out());
                incoming.publish();
            });
        }
    }

    private Receipt send(Session session) throws IOException {
        try (InputStream stored = beforeFirstByte(session, store::open)) {
            return session.write(stored::transferTo);
        }
    }

    private interface Look<T> {
        T at(String name) throws IOException;
    }

    /** A stream that cannot be taken or given is rejected before its first byte. */
    private static <T> T beforeFirstByte(Session session, Look<T> look) throws IOException {
        try {
            return look.at(session.stream());
        } catch (IOException e) {
            session.reject(Program.describe(e));
            throw e;
        }
    }
}
