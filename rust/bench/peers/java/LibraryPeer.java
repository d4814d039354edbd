import faspstream.AccessKey;
import faspstream.Client;
import faspstream.Server;
import faspstream.Session;

/** Our library through its Java API, with default settings. */
final class LibraryPeer {
    private static final AccessKey KEY = AccessKey.parse("lab:known to both ends of a lab");

    private LibraryPeer() {}

    public static void main(String[] words) throws Exception {
        Order order = new Order(words);
        if (order.sends) {
            Client.Builder builder = Client.builder().host(order.host).tcpPort(order.port).accessKey(KEY);
            Order.ready();
            try (Client client = builder.start()) {
                client.push("bulk", order::copyTo);
            }
            return;
        }
        try (Server server = Server.builder().host(order.host).tcpPort(order.port).udpPort(order.port).accessKey(KEY).start()) {
            Order.ready();
            try (Session session = server.accept()) {
                session.read(Order::print);
            }
        }
    }
}
