package faspstream;

import java.io.IOException;

/**
 * Serves one session of a server; see {@link Server#serve}.
 *
 * <p>The session belongs to the handler until it returns. A normal return completes a stream that was written and not yet ended; what it
 * throws aborts the stream, with the message carried to the peer.
 */
@FunctionalInterface
public interface SessionHandler {
    /**
     * Does the work, on a thread of the executor that was given to {@link Server#serve}.
     *
     * @param session the session, open; closed by the server after the return
     * @throws IOException to abort the stream, with this message at the peer
     */
    void handle(Session session) throws IOException;
}
