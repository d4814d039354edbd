package faspstream;

import faspstream.internal.Callbacks;
import faspstream.internal.Fields;
import faspstream.internal.Native;
import faspstream.internal.NativeFailure;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Carries the engine's questions to an {@link Authenticator}, and its decisions back. */
final class Questions {
    private static final Logger LOG = Logger.getLogger("faspstream.server");
    /** What a client is told where there was no decision: the reason may be nothing for its eyes. */
    private static final AccessDecision NONE = AccessDecision.deny("the server came to no decision");

    private Questions() {}

    /** Takes the questions that wait; each is decided on a thread of its own. Called by the poller, which must not wait. */
    static void takeAll(long server, Authenticator authenticator) {
        try {
            for (byte[] next = Native.serverQuestion(server); next != null; next = Native.serverQuestion(server)) {
                Fields question = new Fields(next);
                long number = question.nextLong();
                Callbacks.pool().execute(() -> answer(server, number, decide(authenticator, question)));
            }
        } catch (NativeFailure f) {
            // The server is closed, and its questions are answered by that.
        }
    }

    private static AccessDecision decide(Authenticator authenticator, Fields question) {
        try {
            AccessDecision decision = authenticator.decide(new AccessRequest(question));
            return decision == null ? NONE : decision;
        } catch (Throwable t) {
            LOG.log(Level.WARNING, "the authenticator failed: the session is denied", t);
            return NONE;
        }
    }

    private static void answer(long server, long number, AccessDecision decision) {
        byte[] refusal = decision.isAllowed() ? null : decision.reason().getBytes(StandardCharsets.UTF_8);
        try {
            Native.serverAnswer(server, number, refusal);
        } catch (NativeFailure f) {
            // The server was closed meanwhile.
        }
    }
}
