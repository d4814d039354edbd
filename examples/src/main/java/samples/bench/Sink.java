package samples.bench;

import faspstream.FaspInputStream;
import faspstream.Server;
import faspstream.Session;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;

/** The receiving end of one round: prints its port, reads to the end, prints how many bytes came. */
final class Sink {
    /** What a TCP sink answers when it has read all. */
    static final int CONFIRMATION = 0x06;
    private static final int READ_SIZE = 256 << 10;

    private Sink() {
    }

    static void run(Transport transport) throws IOException, GeneralSecurityException {
        if (transport == Transport.FASPSTREAM) {
            faspstream();
        } else {
            overTcp(transport);
        }
    }

    private static void faspstream() throws IOException {
        try (Server server = Server.builder().tcpPort(0).udpPort(0).accessKey(Transport.KEY).start()) {
            System.out.println(server.tcpPort());
            try (Session session = server.accept(); FaspInputStream in = session.input()) {
                System.out.println(drain(in));
            }
        }
    }

    private static void overTcp(Transport transport) throws IOException, GeneralSecurityException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket listener = transport == Transport.TLS
                ? SelfSigned.fromSystemProperties().context().getServerSocketFactory().createServerSocket(0, 1, loopback)
                : new ServerSocket(0, 1, loopback)) {
            System.out.println(listener.getLocalPort());
            try (Socket socket = transport == Transport.TLS ? SelfSigned.aes128(listener.accept()) : listener.accept()) {
                long bytes = drain(socket.getInputStream());
                socket.getOutputStream().write(CONFIRMATION);
                System.out.println(bytes);
            }
        }
    }

    private static long drain(InputStream in) throws IOException {
        byte[] buffer = new byte[READ_SIZE];
        long bytes = 0;
        for (int n; (n = in.read(buffer)) >= 0;) {
            bytes += n;
        }
        return bytes;
    }
}
