package faspstream;

import faspstream.internal.Checks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The knobs that servers and clients share, as a value to keep and to hand to both builders ({@link EndpointBuilder#options}). Immutable:
 * each setter gives a changed copy.
 *
 * <p>Options hold what was set. A knob that was not set reads as its default and leaves alone what a builder has from elsewhere.
 */
public final class TransferOptions {
    private static final TransferOptions DEFAULTS = new TransferOptions(new Settings());

    private final Settings settings;

    private TransferOptions(Settings settings) {
        this.settings = settings;
    }

    Settings settings() {
        return settings;
    }

    private TransferOptions with(Setting setting, Object value) {
        Settings changed = settings.copy();
        changed.put(setting, value);
        return new TransferOptions(changed);
    }

    /**
     * Options with nothing set.
     *
     * @return the options
     */
    public static TransferOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Reads the knobs of a properties file; its other keys, such as {@code host}, are checked and left out.
     *
     * @param file UTF-8, with the keys of {@code faspstream.properties}
     * @return the options
     * @throws IOException if it can't be read
     * @throws FaspException with {@link ErrorCode#CONFIGURATION} if a key or a value is not allowed
     */
    public static TransferOptions load(Path file) throws IOException {
        Settings all = Settings.load(file);
        Settings knobs = new Settings();
        for (Setting setting : Setting.values()) {
            if (all.has(setting) && isKnob(setting)) {
                knobs.put(setting, all.get(setting));
            }
        }
        return new TransferOptions(knobs);
    }

    private static boolean isKnob(Setting setting) {
        switch (setting) {
            case TARGET_RATE:
            case MIN_RATE:
            case POLICY:
            case CIPHER:
            case DIGEST:
            case DATAGRAM_SIZE:
            case BUFFER_SIZE:
            case BUFFER_MAX:
            case CONNECT_TIMEOUT:
            case OUTAGE_TIMEOUT:
            case COMPLETE_ON_CLOSE:
            case TRANSPORT:
            case DSCP:
                return true;
            default:
                return false;
        }
    }

    /**
     * The cap of a session, headers and retransmissions included.
     *
     * @return above 0, or {@link Rate#UNLIMITED}
     */
    public Rate targetRate() {
        return (Rate) settings.get(Setting.TARGET_RATE);
    }

    /**
     * These options with another value: the cap of a session, headers and retransmissions included.
     *
     * @param rate above 0, or {@link Rate#UNLIMITED}
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions targetRate(Rate rate) {
        return with(Setting.TARGET_RATE, Setting.target(Checks.notNull(rate, "targetRate")));
    }

    /**
     * The floor under the adaptive policies.
     *
     * @return 0 up to the target rate
     */
    public Rate minRate() {
        return (Rate) settings.get(Setting.MIN_RATE);
    }

    /**
     * These options with another value: the floor under the adaptive policies.
     *
     * @param rate 0 up to the target rate
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions minRate(Rate rate) {
        return with(Setting.MIN_RATE, Setting.minimum(Checks.notNull(rate, "minRate")));
    }

    /**
     * How sessions share the network.
     *
     * @return the policy
     */
    public RatePolicy policy() {
        return (RatePolicy) settings.get(Setting.POLICY);
    }

    /**
     * These options with another value: how sessions share the network.
     *
     * @param policy the policy
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions policy(RatePolicy policy) {
        return with(Setting.POLICY, Checks.notNull(policy, "policy"));
    }

    /**
     * The encryption of the data.
     *
     * @return the cipher
     */
    public Cipher cipher() {
        return (Cipher) settings.get(Setting.CIPHER);
    }

    /**
     * These options with another value: the encryption of the data.
     *
     * @param cipher the cipher
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions cipher(Cipher cipher) {
        return with(Setting.CIPHER, Checks.notNull(cipher, "cipher"));
    }

    /**
     * The digest of the stream; the client's counts, for both ends.
     *
     * @return the digest
     */
    public Digest digest() {
        return (Digest) settings.get(Setting.DIGEST);
    }

    /**
     * These options with another value: the digest of the stream.
     *
     * @param digest the digest
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions digest(Digest digest) {
        return with(Setting.DIGEST, Checks.notNull(digest, "digest"));
    }

    /**
     * The bytes of UDP payload in a datagram.
     *
     * @return 256 to 65,000; 0 to discover the path MTU
     */
    public int datagramSize() {
        return (int) number(Setting.DATAGRAM_SIZE);
    }

    /**
     * These options with another value: the bytes of UDP payload in a datagram.
     *
     * @param bytes 256 to 65,000; 0 to discover the path MTU
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions datagramSize(int bytes) {
        Object value = bytes == 0 ? Setting.AUTO : (Object) Checks.range("datagramSize", bytes, Setting.MIN_DATAGRAM, Setting.MAX_DATAGRAM);
        return with(Setting.DATAGRAM_SIZE, value);
    }

    /**
     * The memory of a session and direction.
     *
     * @return 64 KiB to 64 GiB; 0 to follow the bandwidth-delay product
     */
    public long bufferSize() {
        return number(Setting.BUFFER_SIZE);
    }

    /**
     * These options with another value: the memory of a session and direction.
     *
     * @param bytes 64 KiB to 64 GiB; 0 to follow the bandwidth-delay product
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions bufferSize(long bytes) {
        Object value = bytes == 0 ? Setting.AUTO : (Object) Checks.range("bufferSize", bytes, Setting.MIN_BUFFER, Setting.MAX_BUFFER);
        return with(Setting.BUFFER_SIZE, value);
    }

    /**
     * The upper bound of the memory of a session and direction.
     *
     * @return 64 KiB to 64 GiB
     */
    public long bufferMax() {
        return number(Setting.BUFFER_MAX);
    }

    /**
     * These options with another value: the upper bound of the memory of a session and direction.
     *
     * @param bytes 64 KiB to 64 GiB
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions bufferMax(long bytes) {
        return with(Setting.BUFFER_MAX, Checks.range("bufferMax", bytes, Setting.MIN_BUFFER, Setting.MAX_BUFFER));
    }

    /**
     * How long connecting and the handshake may take.
     *
     * @return 100 ms to 24 h
     */
    public Duration connectTimeout() {
        return (Duration) settings.get(Setting.CONNECT_TIMEOUT);
    }

    /**
     * These options with another value: how long connecting and the handshake may take.
     *
     * @param timeout 100 ms to 24 h
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions connectTimeout(Duration timeout) {
        return with(Setting.CONNECT_TIMEOUT, Setting.time(Checks.notNull(timeout, "connectTimeout"), Setting.MIN_TIMEOUT, Setting.MAX_TIMEOUT));
    }

    /**
     * How long a session survives without any contact.
     *
     * @return 100 ms to 24 h
     */
    public Duration outageTimeout() {
        return (Duration) settings.get(Setting.OUTAGE_TIMEOUT);
    }

    /**
     * These options with another value: how long a session survives without any contact.
     *
     * @param timeout 100 ms to 24 h
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions outageTimeout(Duration timeout) {
        return with(Setting.OUTAGE_TIMEOUT, Setting.time(Checks.notNull(timeout, "outageTimeout"), Setting.MIN_TIMEOUT, Setting.MAX_TIMEOUT));
    }

    /**
     * Whether {@link FaspOutputStream#close} completes a stream.
     *
     * @return false to make it an abort that throws
     */
    public boolean completeOnClose() {
        return (Boolean) settings.get(Setting.COMPLETE_ON_CLOSE);
    }

    /**
     * These options with another value: whether {@link FaspOutputStream#close} completes a stream.
     *
     * @param complete false to make it an abort that throws
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions completeOnClose(boolean complete) {
        return with(Setting.COMPLETE_ON_CLOSE, complete);
    }

    /**
     * What carries the data.
     *
     * @return the transport
     */
    public Transport transport() {
        return (Transport) settings.get(Setting.TRANSPORT);
    }

    /**
     * These options with another value: what carries the data.
     *
     * @param transport the transport
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions transport(Transport transport) {
        return with(Setting.TRANSPORT, Checks.notNull(transport, "transport"));
    }

    /**
     * The differentiated services code point of the datagrams.
     *
     * @return 0 to 63; -1 for what the policy says
     */
    public int dscp() {
        return settings.get(Setting.DSCP) instanceof Long ? (int) number(Setting.DSCP) : -1;
    }

    /**
     * These options with another value: the differentiated services code point of the datagrams.
     *
     * @param codePoint 0 to 63; -1 for what the policy says
     * @return a changed copy
     * @throws IllegalArgumentException if it is out of range
     */
    public TransferOptions dscp(int codePoint) {
        Object value = codePoint == -1 ? Setting.DEFAULT : (Object) Checks.range("dscp", codePoint, -1, 63);
        return with(Setting.DSCP, value);
    }

    /** A number, 0 where it is "auto". */
    private long number(Setting setting) {
        Object value = settings.get(setting);
        return value instanceof Long ? (Long) value : 0;
    }

    /**
     * What was set, in the form of the configuration file.
     *
     * @return the text, for people
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("TransferOptions[");
        String separator = "";
        for (Setting setting : Setting.values()) {
            if (settings.has(setting)) {
                text.append(separator).append(setting.key).append('=').append(Setting.canonical(settings.get(setting)));
                separator = ", ";
            }
        }
        return text.append(']').toString();
    }
}
