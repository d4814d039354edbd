package interop;

import faspstream.Client;
import faspstream.Server;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Callable;

/** A user's program in a bundle: pushes a stream to itself and says how many bytes arrived. */
public final class PushesToItself implements Callable<Long> {
    @Override
    public Long call() throws IOException {
        try (Server server = Server.builder().tcpPort(0).udpPort(0).start();
                Client client = Client.builder().tcpPort(server.tcpPort()).connect()) {
            server.serve(session -> session.read(in -> in.transferTo(OutputStream.nullOutputStream())), task -> new Thread(task).start());
            return client.push("greeting", out -> out.write(new byte[100_000])).bytes();
        }
    }
}
