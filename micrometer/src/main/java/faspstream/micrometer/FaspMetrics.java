package faspstream.micrometer;

import faspstream.Client;
import faspstream.EndpointMXBean;
import faspstream.Server;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * Figures of a server or a client for Micrometer: {@code new FaspMetrics(server).bindTo(registry)}.
 *
 * <p>Meters, all with the tags {@code type} (server, client) and {@code address}: {@code faspstream.sessions} (open now),
 * {@code faspstream.sessions.opened}, {@code .completed} and {@code .failed} (counters), and over the open sessions {@code faspstream.rate}
 * (sum, bits per second), {@code faspstream.rtt} and {@code faspstream.queueing.delay} (longest), {@code faspstream.loss} (share),
 * {@code faspstream.memory} (sum, bytes outside of the heap), {@code faspstream.outages} (sum).
 *
 * <p>The meters stay in the registry when the server or client is closed, with its last counts; they keep neither from being garbage.
 */
public final class FaspMetrics implements MeterBinder {
    private final EndpointMXBean endpoint;
    private final Tags tags;

    /**
     * Of a server.
     *
     * @param server what to show
     */
    public FaspMetrics(Server server) {
        this(server.management(), "server");
    }

    /**
     * Of a client.
     *
     * @param client what to show
     */
    public FaspMetrics(Client client) {
        this(client.management(), "client");
    }

    private FaspMetrics(EndpointMXBean endpoint, String type) {
        this.endpoint = endpoint;
        this.tags = Tags.of(Tag.of("type", type), Tag.of("address", endpoint.getAddress()));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(registry, "faspstream.sessions", null, "Sessions that are open", EndpointMXBean::getSessionsOpen);
        counter(registry, "faspstream.sessions.opened", "Sessions that were opened", EndpointMXBean::getSessionsOpened);
        counter(registry, "faspstream.sessions.completed", "Sessions that completed", EndpointMXBean::getSessionsCompleted);
        counter(registry, "faspstream.sessions.failed", "Sessions that failed", EndpointMXBean::getSessionsFailed);
        gauge(registry, "faspstream.rate", "bits/s", "Rate of the open sessions together", EndpointMXBean::getRateBitsPerSecond);
        time(registry, "faspstream.rtt", "Longest round-trip time", EndpointMXBean::getRttMillis);
        time(registry, "faspstream.queueing.delay", "Longest queueing delay", EndpointMXBean::getQueueingDelayMillis);
        gauge(registry, "faspstream.loss", null, "Share of the datagrams that was lost", EndpointMXBean::getLossRatio);
        gauge(registry, "faspstream.memory", "bytes", "Memory outside of the heap", EndpointMXBean::getNativeMemoryBytes);
        gauge(registry, "faspstream.outages", null, "Outages that open sessions survived", EndpointMXBean::getOutages);
    }

    private void gauge(
            MeterRegistry registry, String name, String unit, String description, ToDoubleFunction<EndpointMXBean> value) {
        Gauge.builder(name, endpoint, value).tags(tags).baseUnit(unit).description(description).strongReference(true).register(registry);
    }

    private void counter(MeterRegistry registry, String name, String description, ToDoubleFunction<EndpointMXBean> value) {
        // The registry holds it weakly: the binder keeps it through the gauges.
        FunctionCounter.builder(name, endpoint, value).tags(tags).description(description).register(registry);
    }

    private void time(MeterRegistry registry, String name, String description, ToDoubleFunction<EndpointMXBean> value) {
        TimeGauge.builder(name, endpoint, TimeUnit.MILLISECONDS, value)
                .tags(tags)
                .description(description)
                .strongReference(true)
                .register(registry);
    }
}
