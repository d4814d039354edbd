package faspstream;

/**
 * What both ends compute over a whole stream and compare at its end, before the reader sees the end. Every datagram is authenticated
 * with either: the digest finds what goes wrong above that.
 */
public enum Digest {
    /** XXH3 of 128 bits: the default; finds mistakes of memory and programs, and costs next to nothing. No name for content. */
    XXH3,
    /** BLAKE3 of 256 bits: cryptographic, and what {@code b3sum} prints for a file of the same bytes. */
    BLAKE3
}
