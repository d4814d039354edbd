package faspstream;

import faspstream.internal.Fields;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/** What limits a stream: now, and the share of time that each limit had since the session began. Immutable. */
public final class Diagnosis {
    /** What can limit a stream. */
    public enum Limit {
        /** The writing application gives less than could be sent. */
        APPLICATION_WRITE,
        /** The reading application takes less than arrives. */
        APPLICATION_READ,
        /** The configured target rate. */
        TARGET_RATE,
        /** The path: its capacity, or the share of it that the policy takes. */
        NETWORK_CAPACITY,
        /** Flow control while the reader does keep up: {@code buffer.max} is below the bandwidth-delay product. */
        RECEIVE_WINDOW,
        /** The local system takes no more datagrams. */
        LOCAL_SOCKET_BUFFER,
        /** The peer's system drops datagrams before its engine sees them. */
        PEER_SOCKET_BUFFER,
        /** The engine gets too little processor time. */
        CPU,
        /** Nothing is heard from the peer. */
        OUTAGE
    }

    private final Limit limit;
    private final Map<Limit, Double> percentages;
    private final String sentence;

    private Diagnosis(Limit limit, Map<Limit, Double> percentages, String sentence) {
        this.limit = limit;
        this.percentages = percentages;
        this.sentence = sentence;
    }

    /** Decodes what the bridge gives: limit now, count, share of each from 0 to 1, sentence. */
    static Diagnosis decode(byte[] encoded) {
        Fields in = new Fields(encoded);
        Limit[] limits = Limit.values();
        Limit now = limits[Math.min(in.nextByte(), limits.length - 1)];
        int count = in.nextInt();
        Map<Limit, Double> shares = new EnumMap<>(Limit.class);
        for (Limit each : limits) {
            shares.put(each, each.ordinal() < count ? 100 * Double.longBitsToDouble(in.nextLong()) : 0);
        }
        return new Diagnosis(now, Collections.unmodifiableMap(shares), in.nextText());
    }

    /**
     * What limits the stream now.
     *
     * @return the limit
     */
    public Limit limit() {
        return limit;
    }

    /**
     * The share of time that each limit had since the session began.
     *
     * @return percent by limit, with every limit as a key; they add up to 100, or are all 0 at the very begin; unmodifiable
     */
    public Map<Limit, Double> percentages() {
        return percentages;
    }

    /**
     * The share of time that one limit had since the session began.
     *
     * @param limit the limit
     * @return percent, 0.0 to 100.0
     */
    public double percent(Limit limit) {
        return percentages.get(limit);
    }

    /**
     * The diagnosis in words.
     *
     * @return one English sentence
     */
    public String sentence() {
        return sentence;
    }

    /**
     * The same as {@link #sentence}.
     *
     * @return the text
     */
    @Override
    public String toString() {
        return sentence;
    }
}
