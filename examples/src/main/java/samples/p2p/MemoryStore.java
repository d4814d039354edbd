package samples.p2p;

import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Streams in memory, up to a limit in bytes. When room is needed, the streams that were published first go first. */
final class MemoryStore implements StreamStore {
    private final long limit;
    private final Map<String, Chunks> streams = new LinkedHashMap<>();
    /** Bytes of all streams, those that are still coming in included. */
    private long used;

    MemoryStore(long limit) {
        this.limit = limit;
    }

    /** Half of the heap, at most 2 GiB. */
    static MemoryStore ofThisHeap() {
        return new MemoryStore(Math.min(Runtime.getRuntime().maxMemory() / 2, 2L << 30));
    }

    @Override
    public Incoming create(String name) {
        return new IncomingChunks(name);
    }

    @Override
    public synchronized InputStream open(String name) throws IOException {
        Chunks chunks = streams.get(name);
        if (chunks == null) {
            throw new IOException("there is no stream '" + name + "' on this server");
        }
        return chunks.read();
    }

    @Override
    public String describe() {
        return "streams are kept in memory, up to " + (limit >> 20) + " MiB in all (the oldest go first); --dir DIR stores them as files";
    }

    private synchronized void reserve(int bytes) throws IOException {
        Iterator<Chunks> oldest = streams.values().iterator();
        while (used + bytes > limit && oldest.hasNext()) {
            used -= oldest.next().capacity();
            oldest.remove();
        }
        if (used + bytes > limit) {
            throw new IOException("the streams in memory reach this server's limit of " + (limit >> 20) + " MiB: start it with --dir DIR");
        }
        used += bytes;
    }

    private synchronized void publish(String name, Chunks chunks) {
        Chunks replaced = streams.remove(name);
        if (replaced != null) {
            used -= replaced.capacity();
        }
        streams.put(name, chunks);
    }

    private synchronized void release(Chunks chunks) {
        used -= chunks.capacity();
    }

    private final class IncomingChunks implements Incoming {
        private final String name;
        private final Chunks chunks = new Chunks(MemoryStore.this::reserve);
        private boolean published;

        IncomingChunks(String name) {
            this.name = name;
        }

        @Override
        public java.io.OutputStream out() {
            return chunks;
        }

        @Override
        public void publish() {
            published = true;
            MemoryStore.this.publish(name, chunks);
        }

        @Override
        public void close() {
            if (!published) {
                release(chunks);
            }
        }
    }
}
