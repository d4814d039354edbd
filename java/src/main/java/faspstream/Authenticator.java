package faspstream;

/**
 * A server's own decision about each session that a client wants; see {@link Server.Builder#authenticator}.
 *
 * <pre>{@code
 * Server.builder().accessKey(keys).authenticator(request ->
 *         request.stream().startsWith(request.keyId() + "/") ? AccessDecision.allow() : AccessDecision.deny("not your folder"));
 * }</pre>
 */
@FunctionalInterface
public interface Authenticator {
    /**
     * Decides about one session. Access keys, their limits and certificates have allowed it already. Called on a thread of its own, several
     * at the same time, and may block: only the client that asks waits, up to its {@code connect.timeout}.
     *
     * @param request who wants what
     * @return the decision; null is a no
     * @throws Exception which is a no; it is logged here, and the client is not told why
     */
    AccessDecision decide(AccessRequest request) throws Exception;
}
