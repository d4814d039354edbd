package faspstream;

import faspstream.internal.Checks;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/** The reading end of a session as a publisher for one subscriber. */
final class BytePublisher implements Flow.Publisher<ByteBuffer> {
    private final Session session;
    private final SessionCore core;
    private final int maxBytes;
    private final AtomicBoolean taken = new AtomicBoolean();

    BytePublisher(Session session, SessionCore core, int maxBytes) {
        this.session = session;
        this.core = core;
        this.maxBytes = maxBytes;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        Checks.notNull(subscriber, "subscriber");
        if (taken.compareAndSet(false, true)) {
            new ByteSubscription(session, core, maxBytes, subscriber).start();
        } else {
            subscriber.onSubscribe(new Flow.Subscription() {
                @Override
                public void request(long count) {}

                @Override
                public void cancel() {}
            });
            subscriber.onError(new IllegalStateException("a stream is read by one subscriber, and this one has it already"));
        }
    }
}
