package samples.p2p;

import java.io.InputStream;
import java.nio.ByteBuffer;

/** Pseudo-random bytes (SplitMix64) of a given length: the same for the same seed, and not to be compressed. */
final class GeneratedStream extends InputStream {
    private final ByteBuffer block = ByteBuffer.allocate(64 << 10).limit(0);
    private long state;
    private long left;

    GeneratedStream(long seed, long length) {
        this.state = seed;
        this.left = length;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        if (!block.hasRemaining()) {
            refill();
        }
        int part = (int) Math.min(Math.min(length, block.remaining()), left);
        block.get(target, offset, part);
        left -= part;
        return part;
    }

    private void refill() {
        block.clear();
        while (block.hasRemaining()) {
            state += 0x9E3779B97F4A7C15L;
            long word = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
            word = (word ^ (word >>> 27)) * 0x94D049BB133111EBL;
            block.putLong(word ^ (word >>> 31));
        }
        block.flip();
    }
}
