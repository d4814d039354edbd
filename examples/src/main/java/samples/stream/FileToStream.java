package samples.stream;

import faspstream.Client;
import faspstream.Receipt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Pushes a file as a stream: to {@link StreamToFile}, or to any program that takes streams.
 *
 * <p>{@code java ... samples.stream.FileToStream FILE [NAME]}
 */
public final class FileToStream {
    private FileToStream() {}

    /**
     * Pushes one file.
     *
     * @param args the file, and the name of the stream if it is not that of the file
     * @throws IOException if the peer's program has not read all of it
     */
    public static void main(String[] args) throws IOException {
        Path file = Path.of(args[0]);
        String name = args.length > 1 ? args[1] : file.getFileName().toString();
        try (Client client = Client.builder().connect()) {
            System.out.println(push(client, file, name));
        }
    }

    /** Completes when the copy has returned; a file that can't be read aborts the stream, and the peer is told why. */
    static Receipt push(Client client, Path file, String name) throws IOException {
        return client.push(name, out -> Files.copy(file, out));
    }
}
