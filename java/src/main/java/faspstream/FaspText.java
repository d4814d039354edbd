package faspstream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Texts for the peer. */
final class FaspText {
    /** Most bytes of a reason on the wire (wire-format.md). */
    static final int MAX_REASON = 512;

    private FaspText() {}

    /** A reason in UTF-8, cut at a character's end if it is too long. */
    static byte[] reason(String reason) {
        byte[] bytes = reason.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, MAX_REASON);
        while (length < bytes.length && length > 0 && (bytes[length] & 0xC0) == 0x80) {
            length--;
        }
        return Arrays.copyOf(bytes, length);
    }

    /** What a thrown object says, for the peer. */
    static String of(Throwable thrown) {
        String message = thrown.getMessage();
        return message == null || message.isEmpty() ? thrown.getClass().getName() : message;
    }
}
