package faspstream.testkit;

import faspstream.Cipher;
import faspstream.Client;
import faspstream.Direction;
import faspstream.Rate;
import faspstream.RatePolicy;
import faspstream.Server;
import faspstream.Session;
import faspstream.Stats;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What each knob and each profile does, measured: {@code ./gradlew :faspstream-testkit:measureKnobs -Psections=rates,policies}. Streams run over
 * the emulated network of {@link BadNetwork} for some seconds each; a figure is the rate at which bytes were delivered in the last third of that
 * time. The tables of the user guide and of the profiles are this program's output.
 */
public final class KnobMeasurements {
    private static final Duration WARM = Duration.ofSeconds(8);
    private static final Duration MEASURED = Duration.ofSeconds(4);
    /** There is no path to be found out on loopback. */
    private static final Duration WARM_ON_LOOPBACK = Duration.ofSeconds(2);

    private KnobMeasurements() {}

    /** Each of them is a network, for its annotation. */
    private static final class Networks {
        @BadNetwork(rtt = "100ms", rate = "40mbit", seed = 1)
        void ocean() {}

        @BadNetwork(rtt = "200ms", rate = "80mbit", seed = 1)
        void longAndFat() {}

        @BadNetwork(rtt = "100ms", loss = "0.5%", rate = "50mbit", seed = 1)
        void wan() {}

        @BadNetwork(rtt = "600ms", loss = "1%", burst = 20, rate = "20mbit", queue = "512kb", seed = 2)
        void satellite() {}

        @BadNetwork(rtt = "10ms", jitter = "3ms", loss = "5%", rate = "40mbit", seed = 3)
        void wireless() {}

        static TestNetwork of(String name) {
            try {
                return new TestNetwork(Networks.class.getDeclaredMethod(name).getAnnotation(BadNetwork.class));
            } catch (NoSuchMethodException e) {
                throw new IllegalArgumentException(e);
            }
        }
    }

    /** One stream's figures. */
    private static final class Measured {
        final double megabits;
        final Stats stats;
        final String limit;

        Measured(long bytes, Duration time, Session session) {
            megabits = bytes * 8e3 / time.toNanos();
            stats = session.stats();
            limit = session.diagnose().limit().toString();
        }

        @Override
        public String toString() {
            return String.format("%.1f Mbit/s, queue %d ms, lost %.2f %%, %s", megabits, stats.queueingDelay().toMillis(), 100 * stats.lossRatio(), limit);
        }
    }

    /** Streams side by side over one network (none: loopback), each with knobs of its own. */
    @SafeVarargs
    private static List<Measured> run(String network, UnaryOperator<Client.Builder>... knobs) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (TestNetwork between = network == null ? null : Networks.of(network);
                Server server = Server.builder().tcpPort(0).udpPort(0).bufferMax(256 << 20).start()) {
            server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), threads);
            List<Client> clients = new ArrayList<>();
            List<Session> sessions = new ArrayList<>();
            for (UnaryOperator<Client.Builder> knob : knobs) {
                Client.Builder builder = between == null ? Client.builder().tcpPort(server.tcpPort()) : between.client(server);
                Client client = knob.apply(builder).connect();
                clients.add(client);
                Session session = client.open(Direction.PUSH, "measured", Map.of());
                sessions.add(session);
                threads.execute(() -> writeForEver(session));
            }
            Thread.sleep((between == null ? WARM_ON_LOOPBACK : WARM).toMillis());
            long[] before = sessions.stream().mapToLong(session -> session.stats().bytesDelivered()).toArray();
            long began = System.nanoTime();
            Thread.sleep(MEASURED.toMillis());
            List<Measured> measured = new ArrayList<>();
            for (int i = 0; i < before.length; i++) {
                Session session = sessions.get(i);
                Duration time = Duration.ofNanos(System.nanoTime() - began);
                measured.add(new Measured(session.stats().bytesDelivered() - before[i], time, session));
            }
            clients.forEach(Client::close);
            return measured;
        } finally {
            threads.shutdownNow();
            threads.awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    private static void writeForEver(Session session) {
        byte[] chunk = new byte[64 << 10];
        try {
            while (true) {
                session.output().write(chunk);
            }
        } catch (IOException e) {
            // measured
        }
    }

    @SafeVarargs
    private static void row(String what, String network, UnaryOperator<Client.Builder>... knobs) throws Exception {
        System.out.println("| " + what + " | " + run(network, knobs).stream().map(Measured::toString).collect(Collectors.joining(" | ")) + " |");
    }

    private static void rates() throws Exception {
        row("target.rate=unlimited, link of 40mbit, 100 ms", "ocean", b -> b);
        row("target.rate=20mbit", "ocean", b -> b.targetRate(Rate.mbps(20)));
        row("min.rate=0 beside another stream", "ocean", b -> b, b -> b);
        row("min.rate=30mbit beside another stream", "ocean", b -> b.minRate(Rate.mbps(30)), b -> b);
    }

    private static void policies() throws Exception {
        row("high beside fair", "ocean", b -> b.policy(RatePolicy.HIGH), b -> b);
        row("low beside fair", "ocean", b -> b.policy(RatePolicy.LOW), b -> b);
        row("low alone", "ocean", b -> b.policy(RatePolicy.LOW));
        row("fixed at 30mbit beside fair", "ocean", b -> b.policy(RatePolicy.FIXED).targetRate(Rate.mbps(30)), b -> b);
    }

    private static void buffers() throws Exception {
        for (int mib : new int[] {1, 2, 8, 256}) {
            row("buffer.max=" + mib + "mb, link of 80mbit, 200 ms", "longAndFat", b -> b.bufferMax((long) mib << 20));
        }
    }

    private static void datagrams() throws Exception {
        row("datagram.size=auto, loopback", null, b -> b);
        row("datagram.size=1200, loopback", null, b -> b.datagramSize(1200));
        row("datagram.size=1452, loopback", null, b -> b.datagramSize(1452));
        for (Cipher cipher : Cipher.values()) {
            row("cipher " + cipher + ", loopback", null, b -> b.cipher(cipher));
        }
    }

    /** In the folder of the module, or in that of the project. */
    private static Path profile(String name) {
        Path here = Path.of("conf/profiles", name + ".properties");
        return Files.exists(here) ? here : Path.of("..").resolve(here);
    }

    private static void besideDefaults(String profile, String network) throws Exception {
        row(profile, network, b -> configured(b, profile));
        row("defaults there", network, b -> b);
    }

    private static void farProfiles() throws Exception {
        besideDefaults("wan", "wan");
        besideDefaults("satellite", "satellite");
    }

    private static void nearProfiles() throws Exception {
        besideDefaults("lossy-wifi", "wireless");
        row("background beside a stream of defaults", "ocean", b -> configured(b, "background"), b -> b);
        row("lan-10g, loopback", null, b -> configured(b, "lan-10g"));
    }

    private static void otherProfiles() throws Exception {
        row("metered", "longAndFat", b -> configured(b, "metered"));
        row("live", "ocean", b -> configured(b, "live"));
    }

    private static Client.Builder configured(Client.Builder builder, String profile) {
        return builder.config(profile(profile));
    }

    /** Prints the tables whose names are given. */
    public static void main(String[] sections) throws Exception {
        for (String section : sections) {
            switch (section) {
                case "rates":
                    rates();
                    break;
                case "policies":
                    policies();
                    break;
                case "buffers":
                    buffers();
                    break;
                case "datagrams":
                    datagrams();
                    break;
                case "far-profiles":
                    farProfiles();
                    break;
                case "near-profiles":
                    nearProfiles();
                    break;
                case "other-profiles":
                    otherProfiles();
                    break;
                default:
                    throw new IllegalArgumentException("unknown section " + section
                        + ", allowed are rates, policies, buffers, datagrams, far-profiles, near-profiles, other-profiles");
            }
        }
        System.exit(0);
    }
}
