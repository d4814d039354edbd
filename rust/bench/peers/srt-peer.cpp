// SRT in file mode, with windows of a given size; in live mode with a latency and its default
// buffers if LIVE_LATENCY_MS is set.
#include <srt/srt.h>

#include "peer.hpp"

namespace {

void check(int result, const char *what) {
    if (result == SRT_ERROR) fail(std::string(what) + ": " + srt_getlasterror_str());
}

template <typename T>
void set(SRTSOCKET socket, SRT_SOCKOPT option, T value) {
    check(srt_setsockflag(socket, option, &value, sizeof value), "srt_setsockflag");
}

// Payload of a live message: the most that SRT's live mode takes by default.
constexpr int kMessage = 1316;

int latency() {
    const char *milliseconds = std::getenv("LIVE_LATENCY_MS");
    return milliseconds == nullptr ? 0 : std::atoi(milliseconds);
}

SRTSOCKET make_socket(int window) {
    const SRTSOCKET socket = srt_create_socket();
    if (latency() > 0) {
        set(socket, SRTO_TRANSTYPE, SRTT_LIVE);
        set(socket, SRTO_LATENCY, latency());
        return socket;
    }
    set(socket, SRTO_TRANSTYPE, SRTT_FILE);
    // The flow window counts packets; buffers of less than it would limit it.
    set(socket, SRTO_FC, window / 1456 + 32);
    set(socket, SRTO_RCVBUF, window);
    set(socket, SRTO_SNDBUF, window);
    set(socket, SRTO_UDP_RCVBUF, 4 << 20);
    set(socket, SRTO_UDP_SNDBUF, 4 << 20);
    return socket;
}

void receive(const Arguments &arguments) {
    const SRTSOCKET listener = make_socket(arguments.window);
    check(srt_bind(listener, arguments.address->ai_addr, arguments.address->ai_addrlen), "srt_bind");
    check(srt_listen(listener, 1), "srt_listen");
    ready();
    const SRTSOCKET socket = srt_accept(listener, nullptr, nullptr);
    std::vector<char> chunk(kChunk);
    for (;;) {
        const int n = srt_recv(socket, chunk.data(), kChunk);
        if (n <= 0) return;
        write_all(chunk.data(), static_cast<size_t>(n));
    }
}

// Messages of one size from standard input.
void send_live(SRTSOCKET socket) {
    char message[kMessage];
    while (read_all(message, kMessage)) {
        if (srt_send(socket, message, kMessage) <= 0) break;
    }
    srt_close(socket);
}

void send(const Arguments &arguments) {
    const SRTSOCKET socket = make_socket(arguments.window);
    ready();
    check(srt_connect(socket, arguments.address->ai_addr, arguments.address->ai_addrlen), "srt_connect");
    if (latency() > 0) return send_live(socket);
    const std::vector<char> chunk(kChunk);
    for (uint64_t left = arguments.bytes; left > 0;) {
        const int wanted = left < kChunk ? static_cast<int>(left) : kChunk;
        const int n = srt_send(socket, chunk.data(), wanted);
        if (n <= 0) return;
        left -= static_cast<uint64_t>(n);
    }
    srt_close(socket);
}

}  // namespace

int main(int argc, char **argv) {
    const Arguments arguments = parse(argc, argv);
    srt_startup();
    arguments.sends ? send(arguments) : receive(arguments);
    srt_cleanup();
}
