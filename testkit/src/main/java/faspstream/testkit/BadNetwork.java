package faspstream.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Puts an emulated network between the clients and the servers of a test; the test gets it as a parameter of type {@link TestNetwork}.
 *
 * <pre>{@code
 * @Test
 * @BadNetwork(rtt = "200ms", loss = "1%", rate = "100mbit", seed = 7)
 * void theBackupSurvives(TestNetwork network) throws Exception {
 *     try (Server server = Server.builder().tcpPort(0).udpPort(0).start();
 *             Client client = network.client(server).connect()) {
 *         ...
 *         network.outage(Duration.ofSeconds(3));
 *     }
 * }
 * }</pre>
 *
 * <p>No root is needed. It works inside of this JVM: a relay with the link emulator of the project listens on 127.0.0.2 and passes datagrams
 * on. The same seed makes the same chances. On a method it counts before that of the class.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@ExtendWith(BadNetworkExtension.class)
public @interface BadNetwork {
    /**
     * The round-trip time without queues.
     *
     * @return such as {@code 200ms}; half of it is each direction's
     */
    String rtt() default "0ms";

    /**
     * How far the delay of a datagram may differ, up and down; datagrams overtake each other then.
     *
     * @return such as {@code 5ms}
     */
    String jitter() default "0ms";

    /**
     * The rate of the bottleneck in each direction.
     *
     * @return such as {@code 100mbit}, or {@code unlimited}
     */
    String rate() default "unlimited";

    /**
     * The share of the datagrams that is lost, in each direction.
     *
     * @return such as {@code 1%} or {@code 0.01}
     */
    String loss() default "0%";

    /**
     * How many datagrams a loss takes on average.
     *
     * @return 1 for losses that know nothing of each other
     */
    double burst() default 1;

    /**
     * The share of the datagrams that arrives twice.
     *
     * @return such as {@code 1%}
     */
    String duplication() default "0%";

    /**
     * The share of the datagrams of which a bit is flipped.
     *
     * @return such as {@code 0.1%}
     */
    String damage() default "0%";

    /**
     * The share of the datagrams that is overtaken, by up to a quarter of the round-trip time.
     *
     * @return such as {@code 3%}
     */
    String reordering() default "0%";

    /**
     * What the queue before the bottleneck holds.
     *
     * @return such as {@code 256kb}; by default 50 ms of the rate
     */
    String queue() default "";

    /**
     * The largest packet that passes, headers included.
     *
     * @return bytes
     */
    int mtu() default 1500;

    /**
     * What all chances follow from.
     *
     * @return any number
     */
    long seed() default 1;
}
