package samples.p2p;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** Bytes in memory without one large array: written by one thread, then read by any number of them. */
final class Chunks extends OutputStream {
    /** Asked before each chunk is allocated; throws where there is no room. */
    interface Budget {
        void reserve(int bytes) throws IOException;
    }

    private static final int CHUNK = 256 << 10;

    private final Budget budget;
    private final List<byte[]> chunks = new ArrayList<>();
    private long size;

    Chunks(Budget budget) {
        this.budget = budget;
    }

    /** Bytes that are allocated. */
    long capacity() {
        return (long) chunks.size() * CHUNK;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int used = (int) (size % CHUNK);
            if (used == 0) {
                budget.reserve(CHUNK);
                chunks.add(new byte[CHUNK]);
            }
            int part = Math.min(length - done, CHUNK - used);
            System.arraycopy(source, offset + done, chunks.get(chunks.size() - 1), used, part);
            size += part;
            done += part;
        }
    }

    /** A stream over all bytes, from the first. */
    InputStream read() {
        return new Reader();
    }

    private final class Reader extends InputStream {
        private long position;

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
            if (position == size) {
                return -1;
            }
            int at = (int) (position % CHUNK);
            int part = (int) Math.min(Math.min(length, CHUNK - at), size - position);
            System.arraycopy(chunks.get((int) (position / CHUNK)), at, target, offset, part);
            position += part;
            return part;
        }
    }
}
