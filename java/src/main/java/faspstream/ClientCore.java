package faspstream;

import faspstream.internal.Endpoint;
import faspstream.internal.Native;
import faspstream.internal.NativeFailure;
import faspstream.internal.Ready;
import faspstream.internal.Signal;
import faspstream.internal.Waits;
import java.io.InterruptedIOException;

/** The handle of a client and the sessions that it opened. Holds no reference to its {@link Client}. */
final class ClientCore extends Endpoint {
    /** How long the engine may take over its farewells. */
    private static final long FAREWELL_NANOS = 1_500_000_000L;

    private final SessionBook book = new SessionBook();
    private volatile boolean gone;
    private volatile Runnable hide = () -> {};
    private volatile EndpointMXBean bean;

    ClientCore(long handle) {
        super(handle);
        register();
    }

    /** The client is connected: shows it to management. */
    void show(String address) {
        bean = new EndpointBean(address, book);
        hide = Management.show("Client", bean);
    }

    EndpointMXBean bean() {
        return bean;
    }

    SessionBook book() {
        return book;
    }

    @Override
    protected void onReady(int bits) {
        gone |= (bits & Ready.GONE) != 0;
        signal().fire();
    }

    @Override
    protected boolean abandon() {
        boolean open = !isReleased();
        release();
        hide.run();
        return open;
    }

    /** Waits a moment for the farewells, which tell the server why its sessions end. An interrupt ends the wait and stays set. */
    void close() {
        if (isReleased()) {
            return;
        }
        try {
            Native.clientClose(handle());
            Waits.<RuntimeException>until(signal(), Signal.deadline(FAREWELL_NANOS), "close", () -> gone || isReleased());
        } catch (NativeFailure | InterruptedIOException e) {
            // closed by itself already, or in a hurry
        }
        release();
        hide.run();
    }
}
