package faspstream;

/** The authenticated encryption of the data. There is no way to switch it off. */
public enum Cipher {
    /** AES with 128-bit keys in Galois/Counter mode: the default, and the fastest where the CPU has AES instructions. */
    AES_128_GCM,
    /** AES with 256-bit keys in Galois/Counter mode. */
    AES_256_GCM,
    /** ChaCha20 with Poly1305 (RFC 8439): the fastest where the CPU has no AES instructions. */
    CHACHA20_POLY1305
}
