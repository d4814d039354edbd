package samples.bench;

import faspstream.Client;
import faspstream.FaspInputStream;
import faspstream.FaspOutputStream;
import faspstream.Server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures what a call into the library costs: writes and reads of 1 byte to 1 MiB by array, heap buffer and direct buffer, and how long a
 * small message takes from {@code write} and {@code flush} to the reader. Both ends are in this JVM, on loopback.
 *
 * <p>Usage: {@code java -cp ... samples.bench.CallBenchmark [MiB per cell] [messages]}; the defaults are 256 and 5000. The smallest sizes
 * move fewer bytes: a cell makes at most four million writes.
 */
public final class CallBenchmark {
    private static final int[] SIZES = {1, 16, 256, 4 << 10, 64 << 10, 1 << 20};
    private static final long CALLS_MAX = 4_000_000;
    private static final int MESSAGE = 100;
    /** Between two messages, so that each finds both ends asleep. */
    private static final long PAUSE_NANOS = 500_000;

    private CallBenchmark() {
    }

    /** How the bytes are handed over. */
    private enum Kind {
        ARRAY, HEAP, DIRECT;

        ByteBuffer buffer(int size) {
            return this == DIRECT ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
        }

        void write(FaspOutputStream out, ByteBuffer buffer) throws IOException {
            if (this == ARRAY) {
                out.write(buffer.array());
                return;
            }
            buffer.clear();
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
        }

        int read(FaspInputStream in, ByteBuffer buffer) throws IOException {
            if (this == ARRAY) {
                return in.read(buffer.array());
            }
            buffer.clear();
            return in.read(buffer);
        }
    }

    /**
     * Runs the benchmark.
     *
     * @param args see the class
     * @throws Exception if a transfer fails
     */
    public static void main(String[] args) throws Exception {
        long bytes = (args.length > 0 ? Long.parseLong(args[0]) : 256) << 20;
        int messages = args.length > 1 ? Integer.parseInt(args[1]) : 5_000;
        try (Server server = Server.builder().tcpPort(0).udpPort(0).accessKey(Transport.KEY).start();
                Client client = Client.builder().host("127.0.0.1").tcpPort(server.tcpPort())
                        .accessKey(Transport.KEY).connect()) {
            for (Kind kind : Kind.values()) {
                cell(server, client, kind, 64 << 10, bytes); // lets the compiler of the JVM do its work, not counted
            }
            System.out.println("| bytes of a write and of a read | byte[] MB/s | heap MB/s | direct MB/s | byte[] ns a write |");
            System.out.println("|--:|--:|--:|--:|--:|");
            for (int size : SIZES) {
                double[] rates = new double[Kind.values().length];
                for (Kind kind : Kind.values()) {
                    rates[kind.ordinal()] = cell(server, client, kind, size, Math.min(bytes, size * CALLS_MAX));
                }
                System.out.printf("| %d | %.0f | %.0f | %.0f | %.0f |%n", size, rates[0], rates[1], rates[2],
                        size / rates[0] * 1e3);
            }
            latency(server, client, messages / 5); // warm-up
            long[] nanos = latency(server, client, messages);
            System.out.printf("%n%d bytes, written and flushed, at the reader after: median %.0f us, 99 %% %.0f us%n", MESSAGE,
                    nanos[nanos.length / 2] / 1e3, nanos[nanos.length * 99 / 100] / 1e3);
        }
    }

    /** One stream; MB/s from the first write to the receipt. */
    private static double cell(Server server, Client client, Kind kind, int size, long bytes) throws Exception {
        try (FaspOutputStream out = client.push("calls")) {
            CompletableFuture<Long> reading = reading(server, kind, size);
            ByteBuffer buffer = kind.buffer(size);
            long start = System.nanoTime();
            for (long left = bytes / size; left > 0; left--) {
                kind.write(out, buffer);
            }
            out.complete();
            double seconds = (System.nanoTime() - start) / 1e9;
            if (reading.get() != bytes / size * size) {
                throw new IOException("bytes are missing");
            }
            return bytes / seconds / 1e6;
        }
    }

    private static CompletableFuture<Long> reading(Server server, Kind kind, int size) throws IOException {
        FaspInputStream in = server.accept().input();
        return CompletableFuture.supplyAsync(() -> {
            ByteBuffer buffer = kind.buffer(size);
            long total = 0;
            try (in) {
                for (int n; (n = kind.read(in, buffer)) >= 0;) {
                    total += n;
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            return total;
        }, task -> new Thread(task, "reader").start());
    }

    /** Nanoseconds from before the write until the reader has the message, in ascending order. */
    private static long[] latency(Server server, Client client, int messages) throws Exception {
        long[] sent = new long[messages];
        long[] nanos = new long[messages];
        try (FaspOutputStream out = client.push("messages")) {
            FaspInputStream in = server.accept().input();
            CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> {
                byte[] message = new byte[MESSAGE];
                try (in) {
                    for (int i = 0; i < messages; i++) {
                        in.readNBytes(message, 0, MESSAGE);
                        nanos[i] = System.nanoTime();
                    }
                    in.transferTo(java.io.OutputStream.nullOutputStream());
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }, task -> new Thread(task, "reader").start());
            byte[] message = new byte[MESSAGE];
            for (int i = 0; i < messages; i++) {
                LockSupport.parkNanos(PAUSE_NANOS);
                sent[i] = System.nanoTime();
                out.write(message);
                out.flush();
            }
            out.complete();
            reading.get();
        }
        Arrays.setAll(nanos, i -> nanos[i] - sent[i]);
        Arrays.sort(nanos);
        return nanos;
    }
}
