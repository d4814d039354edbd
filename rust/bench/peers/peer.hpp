// What the peers in C++ have in common: a command line and a stream of zeros.
//
//   PEER recv ADDRESS PORT WINDOW         listens, says "ready" on standard error, writes what comes to standard output
//   PEER send ADDRESS PORT WINDOW BYTES   says "ready", connects and sends zeros; SRT in live mode, with - for BYTES,
//                                         sends what comes from standard input
//
// WINDOW is in bytes: what may be under way.
#pragma once

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

constexpr int kChunk = 256 * 1024;

struct Arguments {
    bool sends;
    addrinfo *address;
    int window;
    uint64_t bytes;
};

[[noreturn]] inline void fail(const std::string &what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::exit(1);
}

inline Arguments parse(int argc, char **argv) {
    const bool sends = argc == 6 && std::strcmp(argv[1], "send") == 0;
    const bool receives = argc == 5 && std::strcmp(argv[1], "recv") == 0;
    if (!sends && !receives) fail("usage: recv ADDRESS PORT WINDOW | send ADDRESS PORT WINDOW BYTES");
    addrinfo hints{}, *address = nullptr;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_DGRAM;
    if (getaddrinfo(argv[2], argv[3], &hints, &address) != 0) fail("not an address and a port");
    return {sends, address, std::atoi(argv[4]), sends ? std::strtoull(argv[5], nullptr, 10) : 0};
}

inline void ready() { std::fprintf(stderr, "ready\n"); }

// False if the input ends before.
inline bool read_all(char *to, size_t length) {
    while (length > 0) {
        const ssize_t n = read(STDIN_FILENO, to, length);
        if (n <= 0) return false;
        to += n;
        length -= static_cast<size_t>(n);
    }
    return true;
}

inline void write_all(const char *from, size_t length) {
    while (length > 0) {
        const ssize_t n = write(STDOUT_FILENO, from, length);
        if (n <= 0) std::exit(1);
        from += n;
        length -= static_cast<size_t>(n);
    }
}
