package faspstream;

/** Which way the bytes of a session go. A client always connects to a server, and either pushes or pulls. */
public enum Direction {
    /** From the client to the server. */
    PUSH,
    /** From the server to the client. */
    PULL
}
