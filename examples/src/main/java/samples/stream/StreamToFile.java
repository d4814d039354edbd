package samples.stream;

import faspstream.Direction;
import faspstream.Server;
import faspstream.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Takes every stream that is pushed into a file of a directory, whole or not at all: a file has its name only after the verified end.
 *
 * <p>{@code java ... samples.stream.StreamToFile DIRECTORY}
 */
public final class StreamToFile {
    private final Path directory;

    StreamToFile(Path directory) {
        this.directory = directory;
    }

    /**
     * Serves until Ctrl-C.
     *
     * @param args the directory
     * @throws Exception if the server can't start
     */
    public static void main(String[] args) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Server server = Server.builder().start()) {
            System.out.println("listening on " + server.address());
            server.serve(new StreamToFile(Path.of(args[0]))::take, threads);
            Thread.currentThread().join();
        }
    }

    void take(Session session) throws IOException {
        Path file = directory.resolve(session.stream()).normalize();
        // The name is the client's: it must not lead out of the directory.
        if (session.direction() != Direction.PUSH || !directory.equals(file.getParent())) {
            session.reject("only pushed streams whose name is that of a file are taken");
            return;
        }
        Path part = Files.createTempFile(directory, "part", ".tmp");
        try {
            // The client's push returns when this body has: after the file has its name.
            session.read(in -> {
                Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            });
            System.out.println(file + ": " + session.stats().bytesDelivered() + " bytes from " + session.principal());
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
