package faspstream;

/** What carries the bytes of a session. */
public enum Transport {
    /** UDP if it gets through, else the control connection. Only for configuration: a running session never reports it. */
    AUTO,
    /** FASP datagrams over UDP. */
    UDP,
    /** The control connection (TLS over TCP), where UDP is blocked. */
    TCP
}
