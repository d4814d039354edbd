package samples.stream;

import faspstream.Client;
import faspstream.Receipt;
import java.io.IOException;
import java.io.InputStream;

/**
 * The older shape of the original, its sending half: connects to a {@link Receiver} and sends standard input.
 *
 * <p>{@code java ... samples.stream.Sender < file}
 */
public final class Sender {
    private Sender() {}

    /**
     * Sends one stream.
     *
     * @param args none
     * @throws IOException if the receiver has not read all of it
     */
    public static void main(String[] args) throws IOException {
        try (Client client = Client.builder().connect()) {
            System.err.println(send(client, System.in));
        }
    }

    static Receipt send(Client client, InputStream source) throws IOException {
        return client.push("stream", source::transferTo);
    }
}
