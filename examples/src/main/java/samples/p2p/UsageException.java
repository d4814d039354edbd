package samples.p2p;

/** A command line that cannot be obeyed. The message names the value and what is allowed. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
