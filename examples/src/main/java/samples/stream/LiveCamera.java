package samples.stream;

import faspstream.Client;
import faspstream.Rate;
import faspstream.Receipt;
import faspstream.Server;
import faspstream.Session;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * A live source at a constant bit rate, as an encoder has it: packets of 188 bytes that carry when they were made. The reader plays them after
 * a buffer of some depth and counts as a glitch each that came too late for it, for several depths at once.
 *
 * <p>{@code java ... samples.stream.LiveCamera watch}, then {@code java ... samples.stream.LiveCamera film 20mbit 30} (rate, seconds). The clocks of
 * both hosts need not agree: a depth counts from the arrival of the first packet.
 */
public final class LiveCamera {
    /** A packet of an MPEG transport stream, and its first byte (ISO/IEC 13818-1). */
    static final int PACKET = 188;
    private static final byte SYNC = 0x47;
    /** Packets that a camera gives out at once: what fits a datagram of Ethernet. */
    private static final int BURST = 7;

    private LiveCamera() {}

    /**
     * Films or watches.
     *
     * @param args {@code film RATE SECONDS} or {@code watch}
     * @throws IOException if the stream is not whole
     */
    public static void main(String[] args) throws IOException {
        if (args[0].equals("film")) {
            try (Client client = Client.builder().connect()) {
                System.out.println(film(client, Rate.parse(args[1]), Duration.ofSeconds(Long.parseLong(args[2]))));
            }
        } else {
            try (Server server = Server.builder().start();
                    Session session = server.accept()) {
                Viewer viewer = new Viewer();
                session.read(viewer::watch);
                System.out.print(viewer.report());
            }
        }
    }

    static Receipt film(Client client, Rate rate, Duration length) throws IOException {
        long nanosPerBurst = BURST * PACKET * 8L * 1_000_000_000L / rate.bitsPerSecond();
        return client.push("camera", out -> {
            long begin = System.nanoTime();
            ByteBuffer burst = ByteBuffer.allocate(BURST * PACKET);
            for (long at = 0; at < length.toNanos(); at += nanosPerBurst) {
                while (System.nanoTime() - begin < at) {
                    LockSupport.parkNanos(begin + at - System.nanoTime());
                }
                for (int i = 0; i < BURST; i++) {
                    burst.position(i * PACKET);
                    burst.put(SYNC).putLong(at);
                }
                out.write(burst.array());
                out.flush();
            }
        });
    }

    /** Plays for several depths of its buffer at once. */
    static final class Viewer {
        private static final long[] DEPTHS_MILLIS = {0, 20, 50, 100, 200, 500, 1000, 2000, 5000};
        private final long[] glitches = new long[DEPTHS_MILLIS.length];
        private long packets;

        void watch(InputStream in) throws IOException {
            DataInputStream data = new DataInputStream(new java.io.BufferedInputStream(in, 1 << 16));
            byte[] rest = new byte[PACKET - 1 - Long.BYTES];
            long first = 0;
            for (int sync = data.read(); sync >= 0; sync = data.read()) {
                if (sync != SYNC) {
                    throw new IOException("packet " + packets + " begins with " + sync);
                }
                long made = data.readLong();
                data.readFully(rest);
                long now = System.nanoTime();
                first = packets++ == 0 ? now - made : first;
                count(now - made - first);
            }
        }

        /** {@code late}: how much longer it took than the first packet. */
        private void count(long late) {
            for (int i = 0; i < DEPTHS_MILLIS.length; i++) {
                if (late > DEPTHS_MILLIS[i] * 1_000_000L) {
                    glitches[i]++;
                }
            }
        }

        long packets() {
            return packets;
        }

        long glitchesOfTheDeepest() {
            return glitches[glitches.length - 1];
        }

        String report() {
            StringBuilder text = new StringBuilder(packets + " packets\nstart-up delay   glitches\n");
            for (int i = 0; i < DEPTHS_MILLIS.length; i++) {
                text.append(String.format(Locale.ROOT, "%11d ms %10d%n", DEPTHS_MILLIS[i], glitches[i]));
            }
            return text.toString();
        }
    }
}
