package samples.p2p;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Where the server example keeps the streams that were pushed to it. Safe for use by many threads. */
interface StreamStore {
    /**
     * Begins a stream. Nobody sees it before {@link Incoming#publish()}.
     *
     * @throws IOException if the name is not allowed, or there is no place
     */
    Incoming create(String name) throws IOException;

    /**
     * Opens a published stream.
     *
     * @throws IOException if there is none of this name
     */
    InputStream open(String name) throws IOException;

    /** Says where the streams go, for the server's first lines. */
    String describe();

    /** A stream that is coming in. Closed without {@link #publish()} it leaves nothing behind. */
    interface Incoming extends Closeable {
        /** Takes the bytes. */
        OutputStream out();

        /** Makes the whole stream visible under its name, in one step; an older one of that name is replaced. */
        void publish() throws IOException;
    }
}
