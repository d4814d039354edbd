package faspstream;

import faspstream.internal.Checks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * A shared secret with a name. Both ends prove that they know it, bound to their TLS connection, and never send it.
 *
 * <p>An immutable value. {@link #toString} gives the id only; the secret leaves this object through {@link #reveal} and {@link #save}
 * alone.
 */
public final class AccessKey {
    private static final int MAX_ID = 128;
    private static final int MAX_SECRET = 1024;
    private static final int GENERATED_BYTES = 32;

    private final String id;
    private final String secret;
    /** What a server lets its holder do, as in {@link #withLimits}; empty for everything. */
    private final String limits;

    private AccessKey(String id, String secret, String limits) {
        this.id = id;
        this.secret = secret;
        this.limits = limits;
    }

    /**
     * A key from its parts.
     *
     * @param id 1 to 128 bytes in UTF-8 without colon, parenthesis, white space or control character
     * @param secret 1 to 1,024 bytes in UTF-8 without control characters; below 16 bytes it is logged as weak, so take {@link #generate}
     *     unless you have a reason
     * @return the key
     * @throws IllegalArgumentException if one of them is not allowed; the secret is never in the message
     */
    public static AccessKey of(String id, String secret) {
        Checks.text("access key id", id, MAX_ID);
        if (id.chars().anyMatch(c -> ":()".indexOf(c) >= 0 || Character.isWhitespace(c))) {
            throw new IllegalArgumentException("access key id is '" + id + "', allowed is no colon, parenthesis and white space");
        }
        return new AccessKey(id, Checks.text("secret of the access key '" + id + "'", secret, MAX_SECRET), "");
    }

    /**
     * A new key with a secret of 256 random bits.
     *
     * @param id as in {@link #of}
     * @return the key
     */
    public static AccessKey generate(String id) {
        byte[] random = new byte[GENERATED_BYTES];
        new SecureRandom().nextBytes(random);
        return of(id, Base64.getUrlEncoder().withoutPadding().encodeToString(random));
    }

    /**
     * The same key with what a server lets its holder do. At a client limits mean nothing.
     *
     * @param limits separated by {@code ;}: {@code push} or {@code pull} (only that direction), {@code rate=RATE} (cap of each session),
     *     {@code prefix=TEXT} (which names of streams begin with), {@code sessions=NUMBER} (at the same time), such as
     *     {@code "push;rate=100mbit;prefix=cam-;sessions=2"}; checked when a server starts
     * @return the key
     */
    public AccessKey withLimits(String limits) {
        return new AccessKey(id, secret, Checks.text("limits of the access key '" + id + "'", limits, MAX_SECRET));
    }

    /**
     * What a server lets the holder do.
     *
     * @return as in {@link #withLimits}, empty for everything
     */
    public String limits() {
        return limits;
    }

    /**
     * Reads a key of the form {@code id:secret} or {@code id(limits):secret}, as {@link #reveal} writes it.
     *
     * @param text the text
     * @return the key
     * @throws IllegalArgumentException if it has another form; the text is never in the message
     */
    public static AccessKey parse(String text) {
        int colon = Checks.notNull(text, "access key").indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("an access key has no ':', allowed is id:secret or id(limits):secret");
        }
        String id = text.substring(0, colon);
        String secret = text.substring(colon + 1);
        int open = id.indexOf('(');
        return open > 0 && id.endsWith(")")
                ? of(id.substring(0, open), secret).withLimits(id.substring(open + 1, id.length() - 1))
                : of(id, secret);
    }

    /**
     * Reads keys that are separated by commas. A secret that has a comma itself falls into pieces, of which one may look like the id of a
     * key: where there are several, nothing of them is repeated.
     */
    static List<AccessKey> parseList(String text) {
        List<AccessKey> keys = new ArrayList<>();
        String[] pieces = text.split(",");
        for (String piece : pieces) {
            if (piece.trim().isEmpty()) {
                continue;
            }
            try {
                keys.add(parse(piece.trim()));
            } catch (IllegalArgumentException e) {
                if (pieces.length == 1) {
                    throw e;
                }
                throw new IllegalArgumentException("number " + (keys.size() + 1) + " of the keys is malformed, allowed is id:secret"
                        + " or id(limits):secret, separated by commas; a secret with a comma goes into access.key.file");
            }
        }
        return Collections.unmodifiableList(keys);
    }

    /**
     * Reads the one key of a file.
     *
     * @param file UTF-8 text; empty lines and lines that begin with {@code #} are skipped, the other is {@code id:secret}
     * @return the key
     * @throws IOException if the file can't be read
     * @throws FaspException with {@link ErrorCode#CONFIGURATION} if it holds no key, several, or a malformed one
     */
    public static AccessKey load(Path file) throws IOException {
        List<AccessKey> keys = loadAll(file);
        if (keys.size() != 1) {
            throw new FaspException(
                    ErrorCode.CONFIGURATION,
                    file + " holds " + keys.size() + " access keys, allowed is one; read several with loadAll",
                    null);
        }
        return keys.get(0);
    }

    /**
     * Reads all keys of a file, for a server.
     *
     * @param file as in {@link #load}, with one key per line
     * @return the keys in the order of the file, unmodifiable, maybe empty
     * @throws IOException if the file can't be read
     * @throws FaspException with {@link ErrorCode#CONFIGURATION} if a line is malformed
     */
    public static List<AccessKey> loadAll(Path file) throws IOException {
        List<AccessKey> keys = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(Checks.notNull(file, "file"), StandardCharsets.UTF_8)) {
            number++;
            String text = line.trim();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            try {
                keys.add(parse(text));
            } catch (IllegalArgumentException e) {
                throw new FaspException(ErrorCode.CONFIGURATION, file + ", line " + number + ": " + e.getMessage(), e);
            }
        }
        return Collections.unmodifiableList(keys);
    }

    /**
     * Writes this key into a new file that only its owner may read, where the file system knows owners.
     *
     * @param file the file to create; {@link #load} reads it
     * @throws IOException if it exists or can't be written
     */
    public void save(Path file) throws IOException {
        FileAttribute<?>[] attributes = {};
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Set<PosixFilePermission> mine = PosixFilePermissions.fromString("rw-------");
            attributes = new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mine)};
        }
        Files.createFile(file, attributes);
        Files.write(file, (reveal() + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
    }

    /**
     * The name of this key, which the peer sees as {@link Session#principal}.
     *
     * @return the id
     */
    public String id() {
        return id;
    }

    /**
     * The key with its secret, {@code id:secret} or {@code id(limits):secret}. Keep it out of logs.
     *
     * @return the text; {@link #parse} reads it
     */
    public String reveal() {
        return (limits.isEmpty() ? id : id + "(" + limits + ")") + ":" + secret;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AccessKey
                && ((AccessKey) other).id.equals(id)
                && ((AccessKey) other).limits.equals(limits)
                && MessageDigest.isEqual(bytes(secret), bytes(((AccessKey) other).secret));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /**
     * The id, without the secret.
     *
     * @return the text
     */
    @Override
    public String toString() {
        return "AccessKey[" + id + "]";
    }
}
