package faspstream;

import java.io.IOException;

/**
 * Writes the bytes of one stream. Used where a stream should complete when its body returns and abort when its body throws.
 *
 * <p>The message of what it throws is carried to the peer.
 */
@FunctionalInterface
public interface StreamWriter {
    /**
     * Does the work, on the thread of the caller.
     *
     * @param out the stream to write to, open until this method returns; closing it inside is allowed and completes nothing before the return
     * @throws IOException to abort the stream, with this message at the peer
     */
    void write(FaspOutputStream out) throws IOException;
}
