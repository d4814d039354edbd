package faspstream;

import faspstream.internal.Checks;
import faspstream.internal.Native;
import faspstream.internal.Signal;
import faspstream.internal.Waits;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.lang.ref.Reference;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The reading end of a stream, as a stream and as a channel.
 *
 * <p>A read gives what is there as soon as one byte is in order. It gives {@code -1} only after the authenticated end of the stream, with
 * total length and digest verified: a stream that was aborted, lost or tampered with always throws a {@link FaspException}.
 *
 * <p>Threads: any; readers take turns. {@link #close} from another thread wakes a waiting reader with an exception. A wait that is
 * interrupted throws {@link InterruptedIOException} (methods of {@link InputStream}; the interrupt status stays set, the stream usable) or
 * {@link ClosedByInterruptException} (methods of {@link ReadableByteChannel}; the stream is aborted, as with the channels of the JDK).
 */
public final class FaspInputStream extends InputStream implements ReadableByteChannel {
    private static final int CHUNK = 256 << 10;
    private static final int MAX_LEFT_UNREAD = 1 << 20;

    private final Session session;
    private final SessionCore core;
    /** One reader at a time; held while it waits. */
    private final ReentrantLock lock = new ReentrantLock();
    private final byte[] single = new byte[1];
    private volatile long timeoutNanos;
    private volatile boolean closed;
    /** Inside Session.read: the end of the body decides, not close(). */
    private volatile boolean inBody;

    FaspInputStream(Session session, SessionCore core) {
        this.session = session;
        this.core = core;
    }

    /**
     * The session that this is the input of.
     *
     * @return the session
     */
    public Session session() {
        return session;
    }

    /**
     * Limits how long a read waits for its first byte; then it throws a {@link SocketTimeoutException}, and the stream is still usable.
     *
     * @param timeout zero for no limit, which is the default
     */
    public void readTimeout(Duration timeout) {
        timeoutNanos = Checks.timeoutNanos("readTimeout", timeout);
    }

    // ---- reading

    /**
     * Reads one byte. Every call crosses into the engine: for many single bytes wrap this in a {@link java.io.BufferedInputStream}.
     *
     * @return the byte, 0 to 255; -1 at the verified end
     * @throws SocketTimeoutException after {@link #readTimeout}
     * @throws InterruptedIOException if the thread was interrupted while waiting
     * @throws FaspException if the stream did not come to its verified end, or is closed
     */
    @Override
    public int read() throws IOException {
        begin();
        try {
            return readSome(single, null, 0, 1) < 0 ? -1 : single[0] & 0xFF;
        } finally {
            end();
        }
    }

    /**
     * Reads at least one byte, and at most what is there.
     *
     * @param into where to
     * @param offset index of the first byte
     * @param length most bytes to read
     * @return the bytes read; 0 only if {@code length} is 0; -1 at the verified end
     * @throws SocketTimeoutException after {@link #readTimeout}
     * @throws InterruptedIOException if the thread was interrupted while waiting
     * @throws FaspException if the stream did not come to its verified end, or is closed
     */
    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        begin();
        try {
            return readSome(into, null, offset, length);
        } finally {
            end();
        }
    }

    /** Waits for the first byte. Into {@code array}, or into {@code direct} where that is null. Needs the lock. */
    private int readSome(byte[] array, ByteBuffer direct, int offset, int length) throws IOException {
        checkOpen();
        long deadline = Signal.deadline(timeoutNanos);
        boolean rested = false;
        while (true) {
            long seen = core.signal().epoch();
            int n = core.read(array, direct, offset, length);
            if (n != Native.EMPTY) {
                return n == Native.END ? -1 : n;
            }
            checkOpen();
            if (!rested && core.rest()) {
                rested = true;
            } else {
                core.await(seen, deadline, "read");
            }
            checkOpen();
        }
    }

    private void begin() throws InterruptedIOException {
        Waits.lock(lock, "read");
    }

    private void end() {
        lock.unlock();
        Reference.reachabilityFence(session);
    }

    private void checkOpen() throws FaspException {
        if (closed) {
            throw new FaspException(ErrorCode.CLOSED, "the stream was closed at this end; open a new session to read again", null);
        }
    }

    /**
     * How many bytes can be read without waiting.
     *
     * @return 0 or more; 0 at the end too
     * @throws FaspException if the stream has failed or is closed
     */
    @Override
    public int available() throws IOException {
        checkOpen();
        return (int) Math.min(core.available(), Integer.MAX_VALUE);
    }

    @Override
    public long skip(long count) throws IOException {
        long left = count;
        byte[] chunk = new byte[(int) Math.min(Math.max(left, 0), CHUNK)];
        while (left > 0) {
            int n = read(chunk, 0, (int) Math.min(left, chunk.length));
            if (n < 0) {
                break;
            }
            left -= n;
        }
        return Math.max(count, 0) - Math.max(left, 0);
    }

    @Override
    public byte[] readNBytes(int length) throws IOException {
        Checks.range("length", length, 0, Integer.MAX_VALUE);
        byte[] all = new byte[Math.min(length, CHUNK)];
        int count = 0;
        while (count < length) {
            if (count == all.length) {
                all = Arrays.copyOf(all, (int) Math.min(length, 2L * all.length));
            }
            int n = read(all, count, all.length - count);
            if (n < 0) {
                break;
            }
            count += n;
        }
        return count == all.length ? all : Arrays.copyOf(all, count);
    }

    @Override
    public byte[] readAllBytes() throws IOException {
        // The largest array that every JVM can make.
        byte[] all = readNBytes(Integer.MAX_VALUE - 8);
        if (all.length == Integer.MAX_VALUE - 8 && read() >= 0) {
            throw new OutOfMemoryError("the stream is longer than an array can be; use transferTo");
        }
        return all;
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
        Checks.notNull(out, "out");
        byte[] chunk = new byte[CHUNK];
        long total = 0;
        int n = read(chunk, 0, CHUNK);
        while (n >= 0) {
            out.write(chunk, 0, n);
            total += n;
            n = read(chunk, 0, CHUNK);
        }
        return total;
    }

    // ---- the channel

    /**
     * Reads at least one byte into the buffer, heap or direct.
     *
     * @param into the buffer
     * @return the bytes read; 0 only if the buffer has no room; -1 at the verified end
     * @throws ClosedChannelException if this was closed before
     * @throws AsynchronousCloseException if another thread closes it meanwhile
     * @throws ClosedByInterruptException if the thread is or gets interrupted; the stream is aborted
     * @throws SocketTimeoutException after {@link #readTimeout}
     * @throws FaspException if the stream did not come to its verified end
     */
    @Override
    public int read(ByteBuffer into) throws IOException {
        if (into.isReadOnly()) {
            throw new IllegalArgumentException("the buffer is read-only");
        }
        if (closed) {
            throw new ClosedChannelException();
        }
        if (!into.hasRemaining()) {
            return 0;
        }
        try {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException();
            }
            return readBuffer(into);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (InterruptedIOException e) {
            closed = true;
            core.abort("the reading thread was interrupted");
            throw new ClosedByInterruptException();
        } catch (FaspException e) {
            if (closed && e.code() == ErrorCode.CLOSED) {
                throw new AsynchronousCloseException();
            }
            throw e;
        }
    }

    private int readBuffer(ByteBuffer into) throws IOException {
        begin();
        try {
            int n = into.isDirect()
                    ? readSome(null, into, into.position(), into.remaining())
                    : readSome(into.array(), null, into.arrayOffset() + into.position(), into.remaining());
            if (n > 0) {
                into.position(into.position() + n);
            }
            return n;
        } finally {
            end();
        }
    }

    /**
     * Tells whether this was closed at this end; says nothing about the peer.
     *
     * @return true until {@link #close}
     */
    @Override
    public boolean isOpen() {
        return !closed;
    }

    // ---- the end

    void enterBody() throws FaspException {
        inBody = true;
        core.holdCompletion();
    }

    /** After a body has returned: skips what it left, within limits, up to the verified end. */
    Receipt leaveBody() throws IOException {
        closed = false;
        byte[] rest = new byte[CHUNK];
        int skipped = 0;
        try {
            for (int n = read(rest, 0, CHUNK); n >= 0; n = read(rest, 0, CHUNK)) {
                skipped += n;
                if (skipped > MAX_LEFT_UNREAD) {
                    throw new FaspException(
                            ErrorCode.ABORTED, "the body returned with more than 1 MiB unread; read to the end or throw", null);
                }
            }
            core.confirm();
            return core.awaitReceipt();
        } finally {
            inBody = false;
            closed = true;
        }
    }

    /**
     * Closes this end. Before the end of the stream that is an abort, which the writer sees as an exception; see {@link Session#close} for
     * the reader that has taken all bytes and has not looked for the end yet. Further calls do nothing.
     */
    @Override
    public void close() {
        if (inBody) {
            closed = true;
            core.signal().fire();
        } else {
            session.close();
        }
    }

    /** Closes without the rules of a body; waits a moment for an end that is on its way. */
    void closeNow() {
        if (!closed && lock.tryLock()) {
            try {
                awaitEnd();
            } finally {
                lock.unlock();
            }
        }
        closed = true;
        core.signal().fire();
    }

    /** All bytes were taken and nobody reads: the end, if the writer has sent it, arrives within moments. */
    private void awaitEnd() {
        long wait = Math.min(1_000_000_000L, 100_000_000L + 4 * core.stats().rtt().toNanos());
        long deadline = Signal.deadline(wait);
        try {
            while (true) {
                long seen = core.signal().epoch();
                boolean isOver = core.outcome() != null || core.available() > 0;
                if (isOver || core.read(single, null, 0, 1) != Native.EMPTY) {
                    return;
                }
                core.await(seen, deadline, "close");
            }
        } catch (IOException e) {
            // failed, timed out or interrupted: it is an abort then
        }
    }
}
