package faspstream;

import faspstream.internal.Checks;

/** What an {@link Authenticator} has decided; immutable. */
public final class AccessDecision {
    private static final AccessDecision ALLOW = new AccessDecision(null);

    private final String reason;

    private AccessDecision(String reason) {
        this.reason = reason;
    }

    /**
     * The session may be.
     *
     * @return always the same object
     */
    public static AccessDecision allow() {
        return ALLOW;
    }

    /**
     * The session may not be.
     *
     * @param reason what the client is told, with {@link ErrorCode#PERMISSION}; cut at 512 bytes in UTF-8
     * @return the decision
     */
    public static AccessDecision deny(String reason) {
        return new AccessDecision(Checks.notNull(reason, "reason"));
    }

    /**
     * Whether the session may be.
     *
     * @return true for {@link #allow}
     */
    public boolean isAllowed() {
        return reason == null;
    }

    /**
     * What the client is told.
     *
     * @return the reason, null for {@link #allow}
     */
    public String reason() {
        return reason;
    }

    @Override
    public String toString() {
        return isAllowed() ? "allow" : "deny: " + reason;
    }
}
