import java.io.InputStream;
import java.net.InetAddress;
import java.security.KeyStore;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** TLS 1.3 over TCP with the JDK's own sockets. */
final class TlsPeer {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private TlsPeer() {}

    public static void main(String[] words) throws Exception {
        Order order = new Order(words);
        SSLContext context = context();
        if (order.sends) {
            Order.ready();
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(order.host, order.port)) {
                order.copyTo(socket.getOutputStream());
            }
            return;
        }
        InetAddress address = InetAddress.getByName(order.host);
        try (SSLServerSocket listener =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(order.port, 1, address)) {
            Order.ready();
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                Order.print(socket.getInputStream());
            }
        }
    }

    /** The certificate that was made beside this class when it was built. */
    private static SSLContext context() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = TlsPeer.class.getResourceAsStream("keys.p12")) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
