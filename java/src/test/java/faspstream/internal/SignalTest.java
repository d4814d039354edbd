package faspstream.internal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SignalTest {
    @Test
    void aFireBetweenLookAndWaitIsNotLost() throws InterruptedException {
        Signal signal = new Signal();
        long seen = signal.epoch();
        signal.fire();
        assertTrue(signal.await(seen, 0));
    }

    @Test
    void aDeadlineThatHasPassedEndsTheWait() throws InterruptedException {
        Signal signal = new Signal();
        assertFalse(signal.await(signal.epoch(), Signal.deadline(1)));
    }

    @Test
    void anInterruptEndsTheWaitAndClearsTheStatus() {
        Signal signal = new Signal();
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> signal.await(signal.epoch(), 0));
        assertFalse(Thread.interrupted());
    }

    @Test
    void noTurnIsLostBetweenTwoThreadsThatWaitForEachOther() throws Exception {
        int turns = 20_000;
        Signal signal = new Signal();
        AtomicInteger ball = new AtomicInteger();
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Future<?> player = other.submit(() -> play(signal, ball, 1, turns));
            play(signal, ball, 0, turns);
            player.get(30, TimeUnit.SECONDS);
        } finally {
            other.shutdownNow();
        }
    }

    private static void play(Signal signal, AtomicInteger ball, int side, int turns) {
        for (int i = 0; i < turns; i++) {
            try {
                Waits.<RuntimeException>until(signal, 0, "play", () -> ball.get() % 2 == side);
            } catch (java.io.InterruptedIOException e) {
                return;
            }
            ball.incrementAndGet();
            signal.fire();
        }
    }
}
