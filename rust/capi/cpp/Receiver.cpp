// Receiver: waits for one pushed stream and writes it to standard output.
// usage: Receiver [--host ADDR] [--port N] [--udp-port N] [--key ID:SECRET]
#include "example.hpp"

int main(int argc, char** argv) {
    return run("usage: Receiver [--host ADDR] [--port N] [--udp-port N] [--key ID:SECRET]\n", [&] {
        CommandLine line(argc, argv);
        faspstream::Server server(line.config);
        std::cerr << "listening on " << server.address() << " (TCP) and UDP port " << server.udp_port() << std::endl;
        faspstream::Session session = server.accept();
        faspstream::Receipt receipt = faspstream::read(session, [](std::istream& in) {
            faspstream::copy(in, std::cout);
            std::cout.flush();
        });
        std::cerr << "received " << receipt.bytes() << " bytes\n";
        server.close(faspstream::Milliseconds(1000));
        return 0;
    });
}
