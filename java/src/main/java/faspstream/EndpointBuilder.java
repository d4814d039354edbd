package faspstream;

import faspstream.internal.Checks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the builders of {@link Server} and {@link Client} have in common: one method per configuration key.
 *
 * <p>A value that is set here overrides the system property {@code faspstream.<key>}, which overrides {@code faspstream.properties} on the
 * class path, which overrides the default. Of two calls for the same key the later one counts. Every value is checked at once; an
 * {@link IllegalArgumentException} names it and what is allowed. Not thread-safe.
 *
 * @param <B> the type of the builder itself
 */
public abstract class EndpointBuilder<B extends EndpointBuilder<B>> {
    /** Settings, or the Path of a file that is read when the endpoint starts. */
    private final List<Object> layers = new ArrayList<>();

    EndpointBuilder() {}

    abstract B self();

    private Settings top() {
        if (layers.isEmpty() || layers.get(layers.size() - 1) instanceof Path) {
            layers.add(new Settings());
        }
        return (Settings) layers.get(layers.size() - 1);
    }

    private B set(Setting setting, Object value) {
        top().put(setting, value);
        return self();
    }

    /** What is in force: defaults, file, system properties and this builder, one over the other. */
    Settings effective() throws IOException {
        Settings settings = Settings.environment();
        for (Object layer : layers) {
            settings.overlay(layer instanceof Path ? Settings.load((Path) layer) : (Settings) layer);
        }
        settings.check();
        return settings;
    }

    /**
     * The address: what a server binds to, and what a client connects to. Key {@code host}, default {@code 127.0.0.1}.
     *
     * @param host a host name or an IP address; a server on anything but loopback needs an access key or a TLS certificate
     * @return this
     */
    public B host(String host) {
        return set(Setting.HOST, Setting.HOST.parse(Checks.text("host", host, 253)));
    }

    /**
     * The TCP port of the control channel. Key {@code tcp.port}, default 33001.
     *
     * @param port 1 to 65535; 0 for any free one (server only)
     * @return this
     */
    public B tcpPort(int port) {
        return set(Setting.TCP_PORT, Checks.range("tcpPort", port, 0, 65_535));
    }

    /**
     * The UDP port of the server, one for all sessions; a client learns it from the server. Key {@code udp.port}, default 33001.
     *
     * @param port 1 to 65535; 0 for any free one
     * @return this
     */
    public B udpPort(int port) {
        return set(Setting.UDP_PORT, Checks.range("udpPort", port, 0, 65_535));
    }

    /**
     * The access keys: those that a server accepts, or the one of a client. Further calls add to the first. Key {@code access.key}.
     *
     * @param keys one or more
     * @return this
     */
    public B accessKey(AccessKey... keys) {
        List<AccessKey> all = new ArrayList<>();
        if (top().has(Setting.ACCESS_KEY)) {
            for (Object key : (List<?>) top().get(Setting.ACCESS_KEY)) {
                all.add((AccessKey) key);
            }
        }
        for (AccessKey key : Checks.notNull(keys, "accessKey")) {
            all.add(Checks.notNull(key, "accessKey"));
        }
        return set(Setting.ACCESS_KEY, List.copyOf(all));
    }

    /**
     * A file with access keys, read when the endpoint starts. Key {@code access.key.file}.
     *
     * @param file as in {@link AccessKey#loadAll}
     * @return this
     */
    public B accessKeyFile(Path file) {
        return set(Setting.ACCESS_KEY_FILE, Checks.notNull(file, "accessKeyFile"));
    }

    /**
     * The cap of a session, headers and retransmissions included. Key {@code target.rate}, default unlimited.
     *
     * @param rate above 0, or {@link Rate#UNLIMITED}
     * @return this
     */
    public B targetRate(Rate rate) {
        return set(Setting.TARGET_RATE, Setting.target(Checks.notNull(rate, "targetRate")));
    }

    /**
     * The floor under the adaptive policies. Key {@code min.rate}, default 0.
     *
     * @param rate 0 up to the target rate
     * @return this
     */
    public B minRate(Rate rate) {
        return set(Setting.MIN_RATE, Setting.minimum(Checks.notNull(rate, "minRate")));
    }

    /**
     * How sessions share the network. Key {@code policy}, default {@link RatePolicy#FAIR}.
     *
     * @param policy the policy
     * @return this
     */
    public B policy(RatePolicy policy) {
        return set(Setting.POLICY, Checks.notNull(policy, "policy"));
    }

    /**
     * The encryption of the data. Key {@code cipher}, default {@link Cipher#AES_128_GCM}.
     *
     * @param cipher the cipher
     * @return this
     */
    public B cipher(Cipher cipher) {
        return set(Setting.CIPHER, Checks.notNull(cipher, "cipher"));
    }

    /**
     * The digest of the stream; the client's counts, for both ends. Key {@code digest}, default {@link Digest#XXH3}.
     *
     * @param digest the digest
     * @return this
     */
    public B digest(Digest digest) {
        return set(Setting.DIGEST, Checks.notNull(digest, "digest"));
    }

    /**
     * The bytes of UDP payload in a datagram, instead of discovering the path MTU. Key {@code datagram.size}, default {@code auto}.
     *
     * @param bytes 256 to 65,000
     * @return this
     */
    public B datagramSize(int bytes) {
        return set(
                Setting.DATAGRAM_SIZE,
                Checks.range("datagramSize", bytes, Setting.MIN_DATAGRAM, Setting.MAX_DATAGRAM));
    }

    /**
     * The memory of a session and direction, instead of following the bandwidth-delay product. Key {@code buffer.size}, default {@code auto}.
     *
     * @param bytes 64 KiB to 64 GiB, at most {@code buffer.max}
     * @return this
     */
    public B bufferSize(long bytes) {
        return set(Setting.BUFFER_SIZE, Checks.range("bufferSize", bytes, Setting.MIN_BUFFER, Setting.MAX_BUFFER));
    }

    /**
     * The upper bound of the memory of a session and direction. Key {@code buffer.max}, default 256 MiB.
     *
     * @param bytes 64 KiB to 64 GiB
     * @return this
     */
    public B bufferMax(long bytes) {
        return set(Setting.BUFFER_MAX, Checks.range("bufferMax", bytes, Setting.MIN_BUFFER, Setting.MAX_BUFFER));
    }

    /**
     * How long connecting and the handshake may take. Key {@code connect.timeout}, default 20 s.
     *
     * @param timeout 100 ms to 24 h
     * @return this
     */
    public B connectTimeout(Duration timeout) {
        return set(
                Setting.CONNECT_TIMEOUT,
                Setting.time(Checks.notNull(timeout, "connectTimeout"), Setting.MIN_TIMEOUT, Setting.MAX_TIMEOUT));
    }

    /**
     * How long a session survives without any contact before it fails. Key {@code outage.timeout}, default 60 s.
     *
     * @param timeout 100 ms to 24 h
     * @return this
     */
    public B outageTimeout(Duration timeout) {
        return set(
                Setting.OUTAGE_TIMEOUT,
                Setting.time(Checks.notNull(timeout, "outageTimeout"), Setting.MIN_TIMEOUT, Setting.MAX_TIMEOUT));
    }

    /**
     * How many sessions a server serves at the same time; a client has no use for it. Key {@code max.sessions}, default 1024.
     *
     * @param count 1 to 65,535
     * @return this
     */
    public B maxSessions(int count) {
        return set(Setting.MAX_SESSIONS, Checks.range("maxSessions", count, 1, Setting.MAX_SESSION_COUNT));
    }

    /**
     * How many of a server's sessions one address may have: an IPv4 address, or the /64 of an IPv6 one. A client has no use for it. Key
     * {@code max.sessions.per.address}, default as many as {@link #maxSessions}.
     *
     * @param count 1 to 65,535
     * @return this
     */
    public B maxSessionsPerAddress(int count) {
        return set(
                Setting.MAX_SESSIONS_PER_ADDRESS,
                Checks.range("maxSessionsPerAddress", count, 1, Setting.MAX_SESSION_COUNT));
    }

    /**
     * Whether {@link FaspOutputStream#close} completes a stream. Key {@code complete.on.close}, default true.
     *
     * @param complete false to make a {@code close()} without {@code complete()} an abort that throws
     * @return this
     */
    public B completeOnClose(boolean complete) {
        return set(Setting.COMPLETE_ON_CLOSE, complete);
    }

    /**
     * The certificate chain of this end. Key {@code tls.cert}.
     *
     * @param pem a PEM file
     * @return this
     */
    public B tlsCertificate(Path pem) {
        return set(Setting.TLS_CERT, Checks.notNull(pem, "tlsCertificate"));
    }

    /**
     * The private key of {@link #tlsCertificate}. Key {@code tls.key}.
     *
     * @param pem a PEM file
     * @return this
     */
    public B tlsKey(Path pem) {
        return set(Setting.TLS_KEY, Checks.notNull(pem, "tlsKey"));
    }

    /**
     * The certificates that this end trusts. Key {@code tls.trust}.
     *
     * @param pem a PEM file
     * @return this
     */
    public B tlsTrust(Path pem) {
        return set(Setting.TLS_TRUST, Checks.notNull(pem, "tlsTrust"));
    }

    /**
     * The public keys that the server of a client may show, beside what {@link #tlsTrust} asks; a server has no use for it. Key
     * {@code tls.pin}, default: any key.
     *
     * @param pins one or more, each SHA-256 of a public key (SubjectPublicKeyInfo) in 64 hexadecimal digits; a server gives its own as
     *     {@link Server#keyPin}
     * @return this
     */
    public B tlsPin(String... pins) {
        if (Checks.notNull(pins, "tlsPin").length == 0) {
            throw new IllegalArgumentException("tlsPin is empty, allowed is one pin or more");
        }
        for (String pin : pins) {
            Checks.notNull(pin, "tlsPin");
        }
        return set(Setting.TLS_PIN, Setting.pins(pins));
    }

    /**
     * What carries the data. Key {@code transport}, default {@link Transport#AUTO}.
     *
     * @param transport the transport
     * @return this
     */
    public B transport(Transport transport) {
        return set(Setting.TRANSPORT, Checks.notNull(transport, "transport"));
    }

    /**
     * The differentiated services code point of the datagrams. Key {@code dscp}, default: as the policy says.
     *
     * @param codePoint 0 to 63
     * @return this
     */
    public B dscp(int codePoint) {
        return set(Setting.DSCP, Checks.range("dscp", codePoint, 0, 63));
    }

    /**
     * Sets all knobs that {@code options} holds; those that it does not hold stay as they are.
     *
     * @param options the options
     * @return this
     */
    public B options(TransferOptions options) {
        top().overlay(Checks.notNull(options, "options").settings());
        return self();
    }

    /**
     * Sets all keys of a file, as if the methods of this builder were called here.
     *
     * @param file a properties file in UTF-8 with the keys of {@code faspstream.properties}; read when the endpoint starts, which fails with
     *     {@link ErrorCode#CONFIGURATION} where a key or a value is not allowed
     * @return this
     */
    public B config(Path file) {
        layers.add(Checks.notNull(file, "config"));
        return self();
    }
}
