package faspstream;

import faspstream.internal.Fields;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;

/** Who wants which session; what an {@link Authenticator} decides about. Immutable. */
public final class AccessRequest {
    private final String keyId;
    private final X509Certificate certificate;
    private final Direction direction;
    private final String stream;
    private final Map<String, String> metadata;
    private final InetSocketAddress remoteAddress;

    /** Decodes what the bridge gives behind the number of the question, in the order of the fields. */
    AccessRequest(Fields in) throws CertificateException {
        keyId = in.nextText();
        byte[] der = in.nextBytes();
        direction = Direction.values()[in.nextByte()];
        stream = in.nextText();
        metadata = Collections.unmodifiableMap(in.nextMap());
        remoteAddress = SessionInfo.address(in.nextText(), in.nextInt());
        certificate = der.length == 0
                ? null
                : (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    /**
     * The id of the access key that the client has proven.
     *
     * @return the id, empty if the server has no keys
     */
    public String keyId() {
        return keyId;
    }

    /**
     * The certificate that the client has proven and {@code tls.trust} has accepted, with subject and public key.
     *
     * @return the certificate, or empty if the server does not ask for one
     */
    public Optional<X509Certificate> certificate() {
        return Optional.ofNullable(certificate);
    }

    /**
     * What the client wants to do.
     *
     * @return the direction
     */
    public Direction direction() {
        return direction;
    }

    /**
     * What the client wants to push or pull.
     *
     * @return the name of the stream
     */
    public String stream() {
        return stream;
    }

    /**
     * What the client says about the stream.
     *
     * @return unmodifiable
     */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * Where the client's control connection comes from.
     *
     * @return address and port
     */
    public InetSocketAddress remoteAddress() {
        return remoteAddress;
    }

    /**
     * Who wants what, in one line.
     *
     * @return the text
     */
    @Override
    public String toString() {
        String who = certificate == null ? "key '" + keyId + "'" : certificate.getSubjectX500Principal().getName();
        return direction + " of '" + stream + "' by " + who + " from " + remoteAddress;
    }
}
