package samples.p2p;

import faspstream.Client;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** Pushes a generated stream, pulls it back and compares the SHA-256 of what went out with that of what came in. */
final class RoundTrip {
    private static final long LENGTH = 256L << 20;

    private final Report report;

    RoundTrip(Report report) {
        this.report = report;
    }

    /** Returns whether the digests are equal. */
    boolean run(Client client) throws IOException {
        // A name of its own, so that clients that run at the same time do not meet.
        UUID id = UUID.randomUUID();
        String name = "generated-" + id;
        MessageDigest sent = sha256();
        report.say("pushing a generated stream of " + LENGTH + " bytes as '" + name + "'");
        report.push(client, name, LENGTH, out -> {
            try (InputStream source = new DigestInputStream(new GeneratedStream(id.getLeastSignificantBits(), LENGTH), sent)) {
                source.transferTo(out);
            }
        });
        MessageDigest received = sha256();
        report.say("pulling it back");
        report.pull(client, name, LENGTH, in -> in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), received)));
        String sentHex = hex(sent);
        String receivedHex = hex(received);
        if (!sentHex.equals(receivedHex)) {
            System.err.println("error: the stream that came back differs: SHA-256 " + sentHex + " went out, " + receivedHex + " came in");
            return false;
        }
        report.say("SHA-256 equal: " + sentHex);
        return true;
    }

    private static String hex(MessageDigest digest) {
        return String.format("%064x", new BigInteger(1, digest.digest()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
