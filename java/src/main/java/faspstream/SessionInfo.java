package faspstream;

import faspstream.internal.Fields;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.Map;

/** What stays the same over the life of a session. */
final class SessionInfo {
    final String id;
    final Direction direction;
    final String stream;
    final Map<String, String> metadata;
    final InetSocketAddress remoteAddress;
    final String principal;
    final boolean isSender;

    /** Decodes what the bridge gives, in the order of the fields. */
    SessionInfo(byte[] encoded) {
        Fields in = new Fields(encoded);
        id = in.nextText();
        direction = Direction.values()[in.nextByte()];
        stream = in.nextText();
        metadata = Collections.unmodifiableMap(in.nextMap());
        remoteAddress = address(in.nextText(), in.nextInt());
        principal = in.nextText();
        isSender = in.nextByte() != 0;
    }

    /** A socket address from a literal IP address, without a look-up. */
    static InetSocketAddress address(String ip, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName(ip), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("the engine gave '" + ip + "' for an IP address", e);
        }
    }
}
