package samples.p2p;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A file that is written beside its final name and renamed when it is whole; otherwise it leaves nothing behind. */
final class AtomicFile implements StreamStore.Incoming {
    private final Path target;
    private final Path partial;
    private final OutputStream out;

    /**
     * Begins a file.
     *
     * @param file the final name: not there yet, or a regular file, which is replaced in the end
     */
    AtomicFile(Path file) throws IOException {
        boolean there = Files.exists(file);
        if (there && !Files.isRegularFile(file)) {
            throw new IOException(file + " is there and is not a regular file: choose another name");
        }
        // Where the name is a link, the file that it leads to is replaced, not the link.
        this.target = there ? file.toRealPath() : file.toAbsolutePath();
        // In the same directory, since only there a rename is one step. Hidden, and never a stream's name.
        this.partial = target.resolveSibling(".faspstream-" + UUID.randomUUID() + ".part");
        this.out = Files.newOutputStream(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    @Override
    public OutputStream out() {
        return out;
    }

    @Override
    public void publish() throws IOException {
        out.close();
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
        try {
            out.close();
        } finally {
            Files.deleteIfExists(partial);
        }
    }
}
