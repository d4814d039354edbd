package samples.stream;

import faspstream.Client;
import java.io.IOException;

/**
 * Standard input to a stream, or a stream to standard output, for pipelines.
 *
 * <p>{@code tar c . | java ... samples.stream.StandardStreams push backup.tar},
 * {@code java ... samples.stream.StandardStreams pull backup.tar | tar x}, both against a GenericServerExample
 */
public final class StandardStreams {
    private StandardStreams() {}

    /**
     * Moves one stream.
     *
     * @param args push or pull, and the name of the stream
     * @throws IOException if the stream is not whole; what was written to standard output is not to be used then
     */
    public static void main(String[] args) throws IOException {
        try (Client client = Client.builder().connect()) {
            if (args[0].equals("push")) {
                System.err.println(client.push(args[1], System.in::transferTo));
            } else {
                System.err.println(client.pull(args[1], in -> {
                    in.transferTo(System.out);
                    System.out.flush();
                }));
            }
        }
    }
}
