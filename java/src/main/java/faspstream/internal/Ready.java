package faspstream.internal;

/** The bits of an event, as the engine and the bridge number them. */
public final class Ready {
    /** The client is connected. */
    public static final int CONNECTED = 1;
    /** The server has a session to accept. */
    public static final int ACCEPT = 1 << 1;
    /** The peer's engine accepted the session. */
    public static final int OPENED = 1 << 2;
    /** There are bytes to read, or the end. */
    public static final int READABLE = 1 << 3;
    /** There is room to write. */
    public static final int WRITABLE = 1 << 4;
    /** Completed, failed or closed. */
    public static final int ENDED = 1 << 5;

    /** A client or server that was closed is gone, and its ports are free. */
    public static final int GONE = 1 << 16;

    /** The authenticator of a server is asked. */
    public static final int ASKED = 1 << 17;

    private Ready() {}
}
