// UDT 4 with its own congestion control, with windows of a given size.
#include <udt/udt.h>

#include "peer.hpp"

namespace {

void check(int result, const char *what) {
    if (result == UDT::ERROR) fail(std::string(what) + ": " + UDT::getlasterror().getErrorMessage());
}

void set(UDTSOCKET socket, UDTOpt option, int value) {
    check(UDT::setsockopt(socket, 0, option, &value, sizeof value), "setsockopt");
}

UDTSOCKET make_socket(const Arguments &arguments) {
    const UDTSOCKET socket = UDT::socket(arguments.address->ai_family, SOCK_STREAM, 0);
    // The flow window counts packets; buffers of less than it would limit it.
    set(socket, UDT_FC, arguments.window / 1456 + 32);
    set(socket, UDT_RCVBUF, arguments.window);
    set(socket, UDT_SNDBUF, arguments.window);
    set(socket, UDP_RCVBUF, 4 << 20);
    set(socket, UDP_SNDBUF, 4 << 20);
    return socket;
}

void receive(const Arguments &arguments) {
    const UDTSOCKET listener = make_socket(arguments);
    check(UDT::bind(listener, arguments.address->ai_addr, arguments.address->ai_addrlen), "bind");
    check(UDT::listen(listener, 1), "listen");
    ready();
    sockaddr_storage from{};
    int length = sizeof from;
    const UDTSOCKET socket = UDT::accept(listener, reinterpret_cast<sockaddr *>(&from), &length);
    std::vector<char> chunk(kChunk);
    for (;;) {
        const int n = UDT::recv(socket, chunk.data(), kChunk, 0);
        if (n <= 0) return;
        write_all(chunk.data(), static_cast<size_t>(n));
    }
}

void send(const Arguments &arguments) {
    const UDTSOCKET socket = make_socket(arguments);
    ready();
    check(UDT::connect(socket, arguments.address->ai_addr, arguments.address->ai_addrlen), "connect");
    const std::vector<char> chunk(kChunk);
    for (uint64_t left = arguments.bytes; left > 0;) {
        const int wanted = left < kChunk ? static_cast<int>(left) : kChunk;
        const int n = UDT::send(socket, chunk.data(), wanted, 0);
        if (n <= 0) return;
        left -= static_cast<uint64_t>(n);
    }
    UDT::close(socket);
}

}  // namespace

int main(int argc, char **argv) {
    const Arguments arguments = parse(argc, argv);
    UDT::startup();
    arguments.sends ? send(arguments) : receive(arguments);
    UDT::cleanup();
}
