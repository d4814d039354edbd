package samples.p2p;

import faspstream.Client;
import faspstream.FaspInputStream;
import faspstream.FaspOutputStream;
import faspstream.Receipt;
import faspstream.Session;
import faspstream.Stats;
import faspstream.StreamReader;
import faspstream.StreamWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Pushes and pulls, and tells how it goes: progress on the way, one line at the end. */
final class Report {
    private final PrintStream out;
    private final boolean quiet;

    Report(PrintStream out, boolean quiet) {
        this.out = out;
        this.quiet = quiet;
    }

    void say(String text) {
        if (!quiet) {
            out.println(text);
        }
    }

    /** Pushes what the body writes; returns when the server's application has read all of it. */
    void push(Client client, String name, long total, StreamWriter body) throws IOException {
        Stats[] last = new Stats[1];
        Receipt receipt = client.push(name, (FaspOutputStream stream) -> {
            shown(stream.session(), total, () -> body.write(stream));
            last[0] = stream.session().stats();
        });
        say("pushed '" + name + "': " + summary(receipt, last[0]));
    }

    /** Pulls into the body; returns after the end of the stream was verified. */
    void pull(Client client, String name, long total, StreamReader body) throws IOException {
        Stats[] last = new Stats[1];
        Receipt receipt = client.pull(name, (FaspInputStream stream) -> {
            shown(stream.session(), total, () -> body.read(stream));
            last[0] = stream.session().stats();
        });
        say("pulled '" + name + "': " + summary(receipt, last[0]));
    }

    private interface Work {
        void run() throws IOException;
    }

    private void shown(Session session, long total, Work work) throws IOException {
        if (quiet) {
            work.run();
            return;
        }
        try (Progress progress = new Progress(session, total, out)) {
            progress.start();
            work.run();
        }
    }

    private static String summary(Receipt receipt, Stats last) {
        double seconds = Duration.between(receipt.started(), receipt.ended()).toNanos() / 1e9;
        return String.format(Locale.ROOT, "%d bytes in %.2f s, %.1f MB/s (%.1f Mbit/s), %s", receipt.bytes(), seconds,
                receipt.bytes() / Math.max(seconds, 1e-6) / 1e6, receipt.averageRate().bitsPerSecond() / 1e6, Progress.path(last));
    }
}
