package samples.stream;

import faspstream.Receipt;
import faspstream.Server;
import faspstream.Session;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The older shape of the original, its receiving half: starts first, waits for one sender, takes its stream to standard output, ends.
 *
 * <p>{@code java ... samples.stream.Receiver > copy}
 */
public final class Receiver {
    private Receiver() {}

    /**
     * Takes one stream.
     *
     * @param args none
     * @throws IOException if the stream did not come to its verified end
     */
    public static void main(String[] args) throws IOException {
        try (Server server = Server.builder().start()) {
            System.err.println(receive(server, System.out));
        }
    }

    static Receipt receive(Server server, OutputStream sink) throws IOException {
        try (Session session = server.accept()) {
            return session.read(in -> {
                in.transferTo(sink);
                sink.flush();
            });
        }
    }
}
