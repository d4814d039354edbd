package samples.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Measures one stream between two JVMs on loopback: this library, plain TCP and TLS 1.3 over TCP, in turn, in one run.
 *
 * <p>Usage: {@code java -cp ... samples.bench.LoopbackBenchmark [MiB per round] [rounds] [bytes per write]}; the defaults are 1024, 5 and
 * 65536. The receiving end is a second JVM that discards what it reads. A round is timed from connect to the moment at which the receiving
 * end has confirmed the last byte. Printed are the median, the smallest and the largest figure of all rounds, in MB/s (10^6 bytes).
 */
public final class LoopbackBenchmark {
    private LoopbackBenchmark() {
    }

    /**
     * Runs the benchmark.
     *
     * @param args see the class
     * @throws Exception if a transfer fails
     */
    public static void main(String[] args) throws Exception {
        if (args.length == 2 && args[0].equals("--sink")) {
            Sink.run(Transport.valueOf(args[1]));
            return;
        }
        long bytes = argument(args, 0, 1024) << 20;
        int rounds = Math.toIntExact(argument(args, 1, 5));
        int chunk = Math.toIntExact(argument(args, 2, 64 << 10));
        Map<Transport, List<Double>> figures = new EnumMap<>(Transport.class);
        try (SelfSigned certificate = SelfSigned.create()) {
            for (Transport transport : Transport.values()) {
                round(transport, certificate, 64L << 20, chunk); // warms the disk cache and the sockets, not counted
            }
            for (int i = 0; i < rounds; i++) {
                for (Transport transport : Transport.values()) {
                    double figure = round(transport, certificate, bytes, chunk);
                    figures.computeIfAbsent(transport, t -> new ArrayList<>()).add(figure);
                }
            }
        }
        System.out.printf("%d rounds of %d MiB, writes of %d bytes, two JVMs, loopback%n", rounds, bytes >> 20, chunk);
        figures.forEach((transport, all) -> print(transport, all, median(figures.get(Transport.TCP))));
    }

    private static long argument(String[] args, int index, long fallback) {
        return args.length > index ? Long.parseLong(args[index]) : fallback;
    }

    /** One transfer to a fresh sink process; MB/s. */
    private static double round(Transport transport, SelfSigned certificate, long bytes, int chunk) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-cp", System.getProperty("java.class.path"),
                LoopbackBenchmark.class.getName(), "--sink", transport.name()));
        command.addAll(1, certificate.systemProperties());
        Process sink = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader said = new BufferedReader(
                new InputStreamReader(sink.getInputStream(), StandardCharsets.UTF_8))) {
            String port = said.readLine();
            if (port == null) {
                throw new IOException("the receiving JVM for " + transport + " did not start");
            }
            byte[] data = new byte[chunk];
            Arrays.fill(data, (byte) 0x5a);
            long start = System.nanoTime();
            transport.send(Integer.parseInt(port), certificate, data, bytes);
            double seconds = (System.nanoTime() - start) / 1e9;
            String received = said.readLine();
            if (received == null || Long.parseLong(received) != bytes) {
                throw new IOException(transport + ": sent " + bytes + " bytes, the other end has " + received);
            }
            return bytes / seconds / 1e6;
        } finally {
            sink.destroy();
            sink.waitFor();
        }
    }

    private static void print(Transport transport, List<Double> all, double tcp) {
        double median = median(all);
        System.out.printf("%-12s median %7.0f MB/s   min %7.0f   max %7.0f   %.2f of TCP%n", transport.label(), median,
                all.stream().mapToDouble(d -> d).min().orElseThrow(),
                all.stream().mapToDouble(d -> d).max().orElseThrow(), median / tcp);
    }

    private static double median(List<Double> all) {
        double[] sorted = all.stream().mapToDouble(d -> d).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
