package faspstream.testkit;

import faspstream.Client;
import faspstream.Rate;
import faspstream.Server;
import faspstream.internal.Checks;
import faspstream.internal.Units;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The network that {@link BadNetwork} describes. Clients that are built by {@link #client} go through it, to any number of servers.
 *
 * <p>The control connection (TCP) is late by the propagation delay and held back by outages, but not slowed down by the rate, and none of it is
 * lost. Every method may be called from any thread.
 */
public final class TestNetwork implements AutoCloseable {
    private static final String HOST = "127.0.0.2";

    private final String conditions;
    private final Map<InetSocketAddress, Relay> relays = new ConcurrentHashMap<>();

    TestNetwork(BadNetwork network) {
        StringBuilder lines = new StringBuilder("listen=" + HOST + "\nrtt=" + nanos(network.rtt()));
        lines.append("\nseed=").append(network.seed()).append("\nmtu=").append(network.mtu());
        lines.append("\nloss=").append(share(network.loss())).append("\nburst=").append(network.burst());
        lines.append("\nduplication=").append(share(network.duplication())).append("\ndamage=").append(share(network.damage()));
        if (nanos(network.jitter()) > 0) {
            lines.append("\njitter=").append(nanos(network.jitter()));
        }
        if (share(network.reordering()) > 0) {
            lines.append("\nreordering=").append(share(network.reordering()));
        }
        if (!Rate.parse(network.rate()).equals(Rate.UNLIMITED)) {
            lines.append("\nrate=").append(Rate.parse(network.rate()).bitsPerSecond());
        }
        if (!network.queue().isEmpty()) {
            lines.append("\nqueue=").append(Units.parseSize(network.queue()));
        }
        conditions = lines.toString();
    }

    /**
     * Begins to describe a client whose way to {@code server} goes through this network: host and port are set.
     *
     * @param server a server on one address of this machine, such as 127.0.0.1 (not on all: the network has the same UDP port on 127.0.0.2)
     * @return a builder; don't set its host nor its TCP port
     */
    public Client.Builder client(Server server) {
        InetSocketAddress address = Checks.notNull(server, "server").address();
        if (address.getAddress().isAnyLocalAddress()) {
            throw new IllegalArgumentException("the server is bound to " + address + ", allowed is one address, such as 127.0.0.1");
        }
        Relay relay = relays.computeIfAbsent(address, to -> relay(to, server.udpPort()));
        return Client.builder().host(HOST).tcpPort(relay.tcpPort());
    }

    private Relay relay(InetSocketAddress to, int udpPort) {
        String ip = to.getAddress().getHostAddress();
        return new Relay(conditions + "\ntcp=" + ip + ":" + to.getPort() + "\nudp=" + ip + ":" + udpPort);
    }

    /**
     * Lets nothing pass from now on, for a time. What is under way arrives.
     *
     * @param lasting how long
     */
    public void outage(Duration lasting) {
        relays.values().forEach(relay -> relay.outage(lasting.toNanos()));
    }

    /**
     * Changes the rate of the bottleneck, from now on.
     *
     * @param rate of each direction
     */
    public void rate(Rate rate) {
        relays.values().forEach(relay -> relay.rate(rate.equals(Rate.UNLIMITED) ? 0 : rate.bitsPerSecond()));
    }

    /**
     * Changes the round-trip time without queues, from now on.
     *
     * @param rtt half of it is each direction's
     */
    public void rtt(Duration rtt) {
        relays.values().forEach(relay -> relay.rtt(rtt.toNanos()));
    }

    /**
     * Changes the share of the datagrams that is lost independently, from now on.
     *
     * @param share 0 to 1
     */
    public void loss(double share) {
        relays.values().forEach(relay -> relay.loss(share));
    }

    /**
     * What went from clients to servers so far.
     *
     * @return the sum over all servers
     */
    public Traffic toServers() {
        return traffic(0);
    }

    /**
     * What went from servers to clients so far.
     *
     * @return the sum over all servers
     */
    public Traffic toClients() {
        return traffic(Traffic.COUNT);
    }

    private Traffic traffic(int offset) {
        long[] sums = new long[Traffic.COUNT];
        for (Relay relay : relays.values()) {
            long[] counts = relay.counts();
            for (int i = 0; i < sums.length; i++) {
                sums[i] += counts[offset + i];
            }
        }
        return new Traffic(sums);
    }

    /** Ends it: clients lose their connections. The extension does this after the test. */
    @Override
    public void close() {
        relays.values().forEach(Relay::close);
    }

    private static long nanos(String time) {
        return Units.parseTime(time).toNanos();
    }

    /** A share, as {@code 1%} or {@code 0.01}. */
    private static double share(String text) {
        String number = text.endsWith("%") ? text.substring(0, text.length() - 1).trim() : text;
        try {
            BigDecimal value = new BigDecimal(number);
            double share = (text.endsWith("%") ? value.movePointLeft(2) : value).doubleValue();
            if (share >= 0 && share < 1) {
                return share;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("'" + text + "' is no share, allowed is 0% up to, and without, 100%");
    }
}
