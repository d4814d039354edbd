package samples.p2p;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Streams as files of one directory. */
final class DirectoryStore implements StreamStore {
    private final Path directory;

    /** Creates the directory if it is not there. */
    DirectoryStore(Path directory) throws IOException {
        this.directory = (Files.isDirectory(directory) ? directory : Files.createDirectories(directory)).toRealPath();
    }

    @Override
    public Incoming create(String name) throws IOException {
        Path file = StreamNames.resolve(directory, name);
        Files.createDirectories(file.getParent());
        return new AtomicFile(file);
    }

    @Override
    public InputStream open(String name) throws IOException {
        Path file = StreamNames.resolve(directory, name);
        if (!Files.isRegularFile(file)) {
            throw new IOException("there is no stream '" + name + "' on this server");
        }
        return Files.newInputStream(file);
    }

    @Override
    public String describe() {
        return "streams are files in " + directory;
    }
}
