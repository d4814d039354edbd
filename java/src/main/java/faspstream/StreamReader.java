package faspstream;

import java.io.IOException;

/**
 * Reads the bytes of one stream. Used where a stream should abort when its body throws.
 *
 * <p>The message of what it throws is carried to the peer.
 */
@FunctionalInterface
public interface StreamReader {
    /**
     * Does the work, on the thread of the caller.
     *
     * @param in the stream to read from, open until this method returns; closing it inside is allowed
     * @throws IOException to abort the stream, with this message at the peer
     */
    void read(FaspInputStream in) throws IOException;
}
