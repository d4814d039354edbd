import java.io.FileInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The command line that all peer programs of the lab have: see peer.hpp. The window is left to the defaults. */
final class Order {
    static final int CHUNK = 256 << 10;

    final boolean sends;
    final String host;
    final int port;
    private final String what;

    Order(String[] words) {
        if (words.length < 4 || !words[0].equals("recv") && !(words[0].equals("send") && words.length == 5)) {
            throw new IllegalArgumentException("usage: recv ADDRESS PORT WINDOW | send ADDRESS PORT WINDOW BYTES|-");
        }
        sends = words[0].equals("send");
        host = words[1];
        port = Integer.parseInt(words[2]);
        what = sends ? words[4] : "";
    }

    /** Tells whoever started this program that it is about to listen or to connect. */
    static void ready() {
        System.err.println("ready");
    }

    /** Zeros, or what comes from standard input. */
    void copyTo(OutputStream out) throws IOException {
        byte[] chunk = new byte[CHUNK];
        if (what.equals("-")) {
            InputStream in = new FileInputStream(FileDescriptor.in);
            for (int n; (n = in.read(chunk)) >= 0;) {
                out.write(chunk, 0, n);
                out.flush();
            }
            return;
        }
        for (long left = Long.parseUnsignedLong(what); left != 0;) {
            int n = left < 0 || left > CHUNK ? CHUNK : (int) left;
            out.write(chunk, 0, n);
            left -= n;
        }
    }

    /** To standard output, without the buffer and the lock of {@link System#out}. */
    static void print(InputStream in) throws IOException {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        byte[] chunk = new byte[CHUNK];
        for (int n; (n = in.read(chunk)) >= 0;) {
            out.write(chunk, 0, n);
        }
    }
}
