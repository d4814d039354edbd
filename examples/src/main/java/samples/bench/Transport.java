package samples.bench;

import faspstream.AccessKey;
import faspstream.Client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;

/** The ways to move the bytes, each as its users would write it. */
enum Transport {
    /** This library with its default settings. */
    FASPSTREAM("faspstream") {
        @Override
        void send(int port, SelfSigned certificate, byte[] data, long bytes) throws IOException {
            try (Client client = Client.builder().host("127.0.0.1").tcpPort(port).accessKey(KEY).connect()) {
                client.push("benchmark", out -> copy(data, bytes, out));
            }
        }
    },
    /** Plain TCP with the kernel's default settings. */
    TCP("TCP") {
        @Override
        void send(int port, SelfSigned certificate, byte[] data, long bytes) throws IOException {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                sendOver(socket, data, bytes);
            }
        }
    },
    /** TLS 1.3 with AES-128-GCM over TCP, by the JDK's own provider. */
    TLS("TLS over TCP") {
        @Override
        void send(int port, SelfSigned certificate, byte[] data, long bytes)
                throws IOException, GeneralSecurityException {
            try (Socket socket = certificate.context().getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), port)) {
                sendOver(SelfSigned.aes128(socket), data, bytes);
            }
        }
    };

    /** Both ends of the benchmark know it; it protects nothing. */
    static final AccessKey KEY = AccessKey.of("benchmark", "not-a-secret-of-anybody");

    private final String label;

    Transport(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** Connects, sends {@code bytes} bytes and returns when the other end has read them all. */
    abstract void send(int port, SelfSigned certificate, byte[] data, long bytes)
            throws IOException, GeneralSecurityException;

    private static void sendOver(Socket socket, byte[] data, long bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        copy(data, bytes, out);
        socket.shutdownOutput();
        InputStream in = socket.getInputStream();
        if (in.read() != Sink.CONFIRMATION) {
            throw new IOException("the other end did not confirm");
        }
    }

    private static void copy(byte[] data, long bytes, OutputStream out) throws IOException {
        for (long left = bytes; left > 0; left -= Math.min(left, data.length)) {
            out.write(data, 0, (int) Math.min(left, data.length));
        }
    }
}
