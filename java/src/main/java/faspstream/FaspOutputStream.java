package faspstream;

import faspstream.internal.Checks;
import faspstream.internal.Signal;
import faspstream.internal.Waits;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.lang.ref.Reference;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The writing end of a stream, as a stream and as a channel.
 *
 * <p>The peer sees an end of the stream only if it was completed here: by {@link #complete}, by {@link #close} (unless
 * {@code complete.on.close=false}), or by the return of a body ({@link Session#write}). All else is an abort, which the reader sees as an
 * exception. Since try-with-resources calls {@link #close} after an exception too, prefer the body.
 *
 * <p>A write returns when the engine has taken the bytes; it waits while the buffer is full, so a slow reader slows the writer. Arrays and
 * buffers go to the engine at once and to the network within about a millisecond. Only single bytes ({@link #write(int)}) are gathered, up to
 * 4 KiB: they go with the next array, {@link #flush} or the end.
 *
 * <p>After a write that failed, also by an interrupt or a timeout, part of the bytes may have been taken: {@link #close} then aborts. Only
 * {@link #complete} still completes.
 *
 * <p>Threads: any; writers take turns. {@link #close} from another thread while a writer waits aborts the stream and wakes it with an
 * exception. A wait that is interrupted throws {@link InterruptedIOException} (methods of {@link OutputStream}; the interrupt status stays set)
 * or {@link ClosedByInterruptException} (methods of {@link WritableByteChannel}; the stream is aborted, as with the channels of the JDK).
 */
public final class FaspOutputStream extends OutputStream implements WritableByteChannel {
    private static final int GATHERED = 4096;

    private final Session session;
    private final SessionCore core;
    private final boolean completeOnClose;
    /** One writer at a time; held while it waits for room, not while complete() waits for the peer. */
    private final ReentrantLock lock = new ReentrantLock();
    /** Single bytes that the engine has not got yet; with the lock. */
    private final byte[] gathered = new byte[GATHERED];
    private int gatheredCount;
    private volatile long timeoutNanos;
    private volatile boolean closed;
    private volatile boolean finished;
    /** A write has failed, so nobody knows how much of it was taken. */
    private volatile boolean broken;
    /** Whoever holds the lock waits for room. */
    private volatile boolean waiting;
    /** Inside Session.write: the end of the body decides, not close(). */
    private volatile boolean inBody;

    FaspOutputStream(Session session, SessionCore core, boolean completeOnClose) {
        this.session = session;
        this.core = core;
        this.completeOnClose = completeOnClose;
    }

    /**
     * The session that this is the output of.
     *
     * @return the session
     */
    public Session session() {
        return session;
    }

    /**
     * Limits how long a write waits for room; then it throws a {@link SocketTimeoutException} whose {@code bytesTransferred} tells how many of
     * its bytes were taken.
     *
     * @param timeout zero for no limit, which is the default
     */
    public void writeTimeout(Duration timeout) {
        timeoutNanos = Checks.timeoutNanos("writeTimeout", timeout);
    }

    // ---- writing

    /**
     * Writes one byte. Single bytes are gathered up to 4 KiB, until the next array, {@link #flush} or the end.
     *
     * @param value the byte; its upper 24 bits are ignored
     * @throws SocketTimeoutException after {@link #writeTimeout}
     * @throws InterruptedIOException if the thread was interrupted while waiting
     * @throws FaspException if the session has failed, or this was closed or completed
     */
    @Override
    public void write(int value) throws IOException {
        begin();
        try {
            checkOpen();
            gathered[gatheredCount++] = (byte) value;
            if (gatheredCount == GATHERED) {
                handDown();
            }
        } finally {
            end();
        }
    }

    /**
     * Writes bytes of an array; returns when the engine has taken all of them.
     *
     * @param from where from
     * @param offset index of the first byte
     * @param length bytes to write
     * @throws SocketTimeoutException after {@link #writeTimeout}; {@code bytesTransferred} were taken
     * @throws InterruptedIOException if the thread was interrupted while waiting; {@code bytesTransferred} were taken
     * @throws FaspException if the session has failed, or this was closed or completed
     */
    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, from.length);
        begin();
        try {
            checkOpen();
            handDown();
            writeAll(from, null, offset, length);
        } finally {
            end();
        }
    }

    /** From {@code array}, or from {@code direct} where that is null. Needs the lock. */
    private void writeAll(byte[] array, ByteBuffer direct, int offset, int length) throws IOException {
        int done = 0;
        try {
            while (done < length) {
                done += writeSome(array, direct, offset + done, length - done);
            }
        } catch (InterruptedIOException e) {
            e.bytesTransferred = done;
            broken = true;
            throw e;
        } catch (IOException e) {
            broken = true;
            throw e;
        }
    }

    /** Waits for room and gives the bytes that were taken, 1 or more. */
    private int writeSome(byte[] array, ByteBuffer direct, int offset, int length) throws IOException {
        long deadline = 0;
        boolean rested = false;
        while (true) {
            long seen = core.signal().epoch();
            int n = core.write(array, direct, offset, length);
            if (n > 0) {
                return n;
            }
            checkOpen();
            deadline = deadline == 0 ? Signal.deadline(timeoutNanos) : deadline;
            if (!rested && core.rest()) {
                rested = true;
                continue;
            }
            waiting = true;
            try {
                core.await(seen, deadline, "write");
            } finally {
                waiting = false;
            }
            checkOpen();
        }
    }

    private void handDown() throws IOException {
        int count = gatheredCount;
        if (count > 0) {
            gatheredCount = 0;
            writeAll(gathered, null, 0, count);
        }
    }

    private void begin() throws InterruptedIOException {
        Waits.lock(lock, "write");
    }

    private void end() {
        lock.unlock();
        Reference.reachabilityFence(session);
    }

    private void checkOpen() throws FaspException {
        Outcome outcome = core.outcome();
        if (outcome != null && outcome.failure != null) {
            broken = true;
            throw outcome.exception();
        }
        if (closed || finished) {
            throw new FaspException(
                    ErrorCode.CLOSED, "the stream was ended at this end; open a new session to write again", null);
        }
    }

    /**
     * Hands all bytes, also a partly filled datagram, to the network now. Does not wait for the peer.
     *
     * @throws FaspException if the session has failed, or this was closed or completed
     */
    @Override
    public void flush() throws IOException {
        begin();
        try {
            checkOpen();
            handDown();
            core.flush();
        } finally {
            end();
        }
    }

    // ---- the channel

    /**
     * Writes all remaining bytes of the buffer, heap or direct, waiting for room as often as it takes.
     *
     * @param from the buffer; its position moves by what was taken, also if this throws
     * @return the bytes written
     * @throws ClosedChannelException if this was closed or completed before
     * @throws AsynchronousCloseException if another thread closes it meanwhile
     * @throws ClosedByInterruptException if the thread is or gets interrupted; the stream is aborted
     * @throws SocketTimeoutException after {@link #writeTimeout}
     * @throws FaspException if the session has failed
     */
    @Override
    public int write(ByteBuffer from) throws IOException {
        if (closed || finished) {
            throw new ClosedChannelException();
        }
        int before = from.position();
        try {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException();
            }
            writeBuffer(from);
            return from.position() - before;
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (InterruptedIOException e) {
            closed = true;
            core.abort("the writing thread was interrupted");
            throw new ClosedByInterruptException();
        } catch (FaspException e) {
            if (closed && e.code() == ErrorCode.CLOSED) {
                throw new AsynchronousCloseException();
            }
            throw e;
        }
    }

    private void writeBuffer(ByteBuffer from) throws IOException {
        begin();
        try {
            checkOpen();
            handDown();
            byte[] array = from.isDirect() ? null : from.hasArray() ? from.array() : copyOf(from);
            int offset = from.isDirect() ? from.position() : from.hasArray() ? from.arrayOffset() + from.position() : 0;
            int length = from.remaining();
            int done = 0;
            try {
                while (done < length) {
                    done += writeSome(array, from, offset + done, length - done);
                }
            } catch (IOException e) {
                broken = true;
                throw e;
            } finally {
                from.position(from.position() + done);
            }
        } finally {
            end();
        }
    }

    /** A heap buffer that shows no array is read-only: its bytes are copied once. */
    private static byte[] copyOf(ByteBuffer from) {
        byte[] copy = new byte[from.remaining()];
        from.duplicate().get(copy);
        return copy;
    }

    /**
     * Tells whether bytes can be written, as far as this end is concerned; says nothing about the peer.
     *
     * @return true until {@link #close} or {@link #complete}
     */
    @Override
    public boolean isOpen() {
        return !closed && !finished;
    }

    // ---- the end

    void enterBody() {
        inBody = true;
    }

    /** After a body has returned: completes, unless the body has kept a failed write to itself. */
    Receipt leaveBody() throws IOException {
        inBody = false;
        if (broken && core.outcome() == null) {
            throw new FaspException(ErrorCode.INCOMPLETE, "the stream is not whole: a write failed before", null);
        }
        return complete();
    }

    /**
     * Ends the stream and waits until the peer's application has read all of it and both digests agree.
     *
     * <p>May be called again, and then gives the same receipt; after an interrupt a further call goes on waiting.
     *
     * @return the proof
     * @throws InterruptedIOException if the thread was interrupted while waiting
     * @throws FaspException if the session has failed, or this was closed by an abort
     */
    public Receipt complete() throws IOException {
        begin();
        try {
            if (!finished && core.outcome() == null) {
                handDown();
                core.finish();
                finished = true;
            }
        } finally {
            end();
        }
        try {
            return core.awaitReceipt();
        } finally {
            Reference.reachabilityFence(session);
        }
    }

    /**
     * Ends the stream without completing it; the reader gets an exception with the reason. Nothing happens if the session is over.
     *
     * @param reason for a human; cut to 512 bytes in UTF-8
     */
    public void abort(String reason) {
        session.abort(reason);
    }

    /**
     * Completes the stream as {@link #complete} does, unless it has ended already: the convention of {@code java.io}, so that
     * {@code GZIPOutputStream} and friends work. With {@code complete.on.close=false} it aborts and throws instead. Further calls do nothing.
     *
     * <p>It aborts, too, if a write has failed before (and throws {@link ErrorCode#INCOMPLETE} unless the session was over), and if another
     * thread waits inside a write. Inside a body ({@link Session#write}) it only hands the bytes down: the end of the body decides.
     *
     * @throws InterruptedIOException if the thread was interrupted while waiting
     * @throws FaspException if the stream could not be completed
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        if (!finished && !lockUnlessWaiting()) {
            closed = true;
            core.close();
            return;
        }
        try {
            if (inBody) {
                handDown();
                closed = true;
                return;
            }
        } finally {
            if (lock.isHeldByCurrentThread()) {
                lock.unlock();
            }
        }
        closeOutside();
    }

    /** Takes the lock from whoever is about to give it back; false if another thread holds it and waits for room. */
    private boolean lockUnlessWaiting() {
        while (!lock.tryLock()) {
            if (waiting) {
                return false;
            }
            LockSupport.parkNanos(100_000);
        }
        return true;
    }

    private void closeOutside() throws IOException {
        Outcome outcome = core.outcome();
        boolean isOver = outcome != null && (outcome.isLocal || outcome.receipt != null || broken);
        if (isOver) {
            closed = true;
        } else if (finished || (completeOnClose && !broken)) {
            try {
                complete();
            } catch (InterruptedIOException e) {
                if (!finished) {
                    core.abort("the closing thread was interrupted");
                }
                throw e;
            } finally {
                closed = true;
            }
        } else {
            closed = true;
            String why = broken ? "a write failed before" : "complete() was not called and complete.on.close is false";
            core.abort("closed without completion: " + why);
            throw new FaspException(ErrorCode.INCOMPLETE, "the stream was closed without completion and aborted: " + why, null);
        }
    }
}
