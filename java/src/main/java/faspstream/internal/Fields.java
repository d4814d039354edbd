package faspstream.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A structured value that crosses the bridge in one array: fields one behind the other, big-endian; texts and bytes with a 4-byte length. */
public final class Fields {
    private final ByteBuffer in;

    /** Reads from the begin of {@code encoded}. */
    public Fields(byte[] encoded) {
        this.in = ByteBuffer.wrap(encoded);
    }

    /** The next byte. */
    public int nextByte() {
        return in.get();
    }

    /** The next 4 bytes. */
    public int nextInt() {
        return in.getInt();
    }

    /** The next 8 bytes. */
    public long nextLong() {
        return in.getLong();
    }

    /** The next run of bytes. */
    public byte[] nextBytes() {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        return bytes;
    }

    /** The next text. */
    public String nextText() {
        return new String(nextBytes(), StandardCharsets.UTF_8);
    }

    /** The next map: a 4-byte count, then key and value of each entry. */
    public Map<String, String> nextMap() {
        int count = in.getInt();
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            map.put(nextText(), nextText());
        }
        return map;
    }

    /** True until all fields were read. */
    public boolean hasNext() {
        return in.hasRemaining();
    }
}
