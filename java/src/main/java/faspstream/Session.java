package faspstream;

import faspstream.internal.Checks;
import faspstream.internal.Forgotten;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * One byte stream in one direction between a client and a server.
 *
 * <p>Every method may be called from any thread at any time. After the session is over its facts stay: {@link #id}, {@link #stats},
 * {@link #diagnose} and the like give what they gave last; what would change it throws an {@link IllegalStateException}.
 *
 * <p>Whoever has a session closes it; {@link #close} after the completion of its stream only releases it.
 */
public final class Session implements AutoCloseable {
    private final SessionCore core;
    /** Keeps the client or server from being garbage while this is in use. */
    private final Object owner;
    private final FaspInputStream input;
    private final FaspOutputStream output;

    Session(SessionCore core, Object owner, boolean completeOnClose) {
        this.core = core;
        this.owner = owner;
        this.input = core.info().isSender ? null : new FaspInputStream(this, core);
        this.output = core.info().isSender ? new FaspOutputStream(this, core, completeOnClose) : null;
        Flights.begin(core);
        Forgotten.watch(this, core, "session " + core.info().id + " (" + core.info().direction + " of '" + core.info().stream + "')");
    }

    SessionCore core() {
        return core;
    }

    /** The client or server that this belongs to. */
    Object owner() {
        return owner;
    }

    /**
     * The id of this session, equal at both ends.
     *
     * @return the id, for logs of both ends
     */
    public String id() {
        return core.info().id;
    }

    /**
     * Which way the bytes go.
     *
     * @return the direction, equal at both ends
     */
    public Direction direction() {
        return core.info().direction;
    }

    /**
     * The name of the stream, as the client asked for it. Check it before you use it as the name of a file.
     *
     * @return the name
     */
    public String stream() {
        return core.info().stream;
    }

    /**
     * What the client said about the stream.
     *
     * @return keys and values, unmodifiable, maybe empty
     */
    public Map<String, String> metadata() {
        return core.info().metadata;
    }

    /**
     * The address of the peer's control connection.
     *
     * @return the address
     */
    public InetSocketAddress remoteAddress() {
        return core.info().remoteAddress;
    }

    /**
     * Who the peer has proven to be.
     *
     * @return the id of its access key; empty where none was needed
     */
    public String principal() {
        return core.info().principal;
    }

    /**
     * The stream to read from; always the same one.
     *
     * @return the stream
     * @throws IllegalStateException if this end writes
     */
    public FaspInputStream input() {
        if (input == null) {
            throw new IllegalStateException("this end of a " + direction() + " session writes: use output()");
        }
        return input;
    }

    /**
     * The stream to write to; always the same one.
     *
     * @return the stream
     * @throws IllegalStateException if this end reads
     */
    public FaspOutputStream output() {
        if (output == null) {
            throw new IllegalStateException("this end of a " + direction() + " session reads: use input()");
        }
        return output;
    }

    /**
     * Lets {@code body} write the stream: it completes when the body returns, and aborts when it throws, with the message at the peer.
     *
     * @param body what to write; a {@code close()} inside it, by a wrapper or by try-with-resources, completes nothing yet
     * @return the receipt, after the peer's application has read it all
     * @throws IOException what the body threw, or why the stream could not be completed
     * @throws IllegalStateException if this end reads
     */
    public Receipt write(StreamWriter body) throws IOException {
        Checks.notNull(body, "body");
        FaspOutputStream out = output();
        return endedBy(() -> {
            out.enterBody();
            body.write(out);
            return out.leaveBody();
        });
    }

    /**
     * Lets {@code body} read the stream, and aborts it when the body throws, with the message at the peer. The writer's completion waits for
     * the return of the body, so that a body that renames a file or commits after the last byte can still fail.
     *
     * @param body what to read with; what it leaves unread is skipped, up to 1 MiB: beyond that its return aborts the stream
     * @return the receipt, after the verified end
     * @throws IOException what the body threw, or why the stream did not come to its verified end
     * @throws IllegalStateException if this end writes
     */
    public Receipt read(StreamReader body) throws IOException {
        Checks.notNull(body, "body");
        FaspInputStream in = input();
        return endedBy(() -> {
            in.enterBody();
            body.read(in);
            return in.leaveBody();
        });
    }

    /**
     * The stream to read from, as a publisher with back-pressure: what nobody has asked for stays in the engine, and slows the writer.
     *
     * <p>It has one subscriber; a second one gets an {@link IllegalStateException}. It completes after the verified end of the stream, and the
     * writer's completion waits until then. Cancelling before the end, or asking for less than one buffer, aborts the stream. Elements are
     * fresh read-only buffers. Signals come on threads of the library, one at a time. Don't use {@link #input} beside it.
     *
     * @param maxBytes most bytes of one element, 1 to 16 MiB
     * @return a publisher of the bytes in order
     * @throws IllegalStateException if this end writes
     */
    public Flow.Publisher<ByteBuffer> publisher(int maxBytes) {
        Checks.range("maxBytes", maxBytes, 1, 16 << 20);
        input();
        return new BytePublisher(this, core, maxBytes);
    }

    /**
     * The stream to write to, as a subscriber with back-pressure: it asks for more when the engine has taken what came.
     *
     * <p>It takes one subscription and cancels others. The publisher's completion completes the stream ({@link #completion} tells when the peer
     * has read it all), its error aborts it, with the message at the peer; if the session fails the subscription is cancelled. A buffer
     * that was handed in must not be changed until the next one is asked for. Don't use {@link #output} beside it.
     *
     * @return a subscriber that writes what it gets
     * @throws IllegalStateException if this end reads
     */
    public Flow.Subscriber<ByteBuffer> subscriber() {
        output();
        return new ByteSubscriber(this, core);
    }

    private interface Body {
        Receipt run() throws IOException;
    }

    private Receipt endedBy(Body body) throws IOException {
        try {
            return body.run();
        } catch (IOException | RuntimeException | Error e) {
            core.abort(FaspText.of(e));
            throw e;
        }
    }

    /**
     * Counters and estimates.
     *
     * @return a snapshot of now; of the end, if the session is over
     */
    public Stats stats() {
        return core.stats();
    }

    /**
     * What limits the stream.
     *
     * @return a snapshot of now; of the end, if the session is over
     */
    public Diagnosis diagnose() {
        return core.diagnose();
    }

    /**
     * The last 64 KiB of protocol events, for those who look into a failure or a slow stream: a qlog file, which qvis and the like read.
     * A {@link FaspException} of a failed session carries the same.
     *
     * @return JSON text of now; of the end, if the session is over
     */
    public String recording() {
        return new String(core.recording(), StandardCharsets.UTF_8);
    }

    /**
     * Changes the cap while the stream runs. Either end may; the lower one counts.
     *
     * @param rate above 0, or {@link Rate#UNLIMITED}
     * @throws IllegalStateException if the session is over
     */
    public void targetRate(Rate rate) {
        core.targetRate(Setting.target(Checks.notNull(rate, "targetRate")));
    }

    /**
     * Changes the floor under the adaptive policies while the stream runs.
     *
     * @param rate 0 up to the target rate
     * @throws IllegalStateException if the session is over
     */
    public void minRate(Rate rate) {
        core.minRate(Setting.minimum(Checks.notNull(rate, "minRate")));
    }

    /**
     * Changes the policy while the stream runs.
     *
     * @param policy the policy
     * @throws IllegalStateException if the session is over
     */
    public void policy(RatePolicy policy) {
        core.policy(Checks.notNull(policy, "policy"));
    }

    /**
     * Reports at intervals, and once more when the session is over: that report is the last. A report that is late is left out, never queued,
     * and there are never two at once.
     *
     * @param every the interval, 10 ms to 24 h
     * @param executor what runs the reports
     * @param consumer gets a snapshot; what it throws is logged and harms nothing
     */
    public void onProgress(Duration every, Executor executor, Consumer<Stats> consumer) {
        Setting.time(Checks.notNull(every, "every"), Duration.ofMillis(10), Setting.MAX_TIMEOUT);
        core.addProgress(new Progress(
                core, every.toNanos(), Checks.notNull(executor, "executor"), Checks.notNull(consumer, "consumer")));
    }

    /**
     * The end of the session, to be waited for. Cancelling it aborts the stream at both ends.
     *
     * @return always the same future; it gives the receipt, or fails with a {@link FaspException}
     */
    public CompletableFuture<Receipt> completion() {
        return core.completion();
    }

    /**
     * Refuses a session on the server, before any byte of it was read or written. The client gets {@link ErrorCode#REJECTED} with the reason.
     *
     * @param reason for a human; cut to 512 bytes in UTF-8
     * @throws IllegalStateException if bytes were read or written, if this end is the client, or if the session is over
     */
    public void reject(String reason) {
        core.reject(Checks.notNull(reason, "reason"));
    }

    /**
     * Ends the stream without completing it; the peer gets {@link ErrorCode#ABORTED_BY_PEER} with the reason. Nothing happens if the session
     * is over.
     *
     * @param reason for a human; cut to 512 bytes in UTF-8
     */
    public void abort(String reason) {
        core.abort(Checks.notNull(reason, "reason"));
    }

    /**
     * Ends the session: in mid-stream that is an abort, after the completion of the stream it only releases it. Threads that wait in one of
     * its streams wake with an exception. Further calls do nothing.
     *
     * <p>A reader that has taken all bytes but not yet seen the end of the stream waits for it briefly here, so that reading exactly as many
     * bytes as a format has does not abort a stream that is complete.
     */
    @Override
    public void close() {
        if (input != null) {
            input.closeNow();
        }
        core.close();
    }

    /**
     * Direction, stream and id.
     *
     * @return the text, for people
     */
    @Override
    public String toString() {
        return "Session[" + direction() + " '" + stream() + "', " + id() + "]";
    }
}
