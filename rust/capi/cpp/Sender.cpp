// Sender: pushes standard input as the stream NAME.
// usage: Sender NAME [--host ADDR] [--port N] [--rate RATE] [--policy POLICY] [--key ID:SECRET]
#include "example.hpp"

int main(int argc, char** argv) {
    return run("usage: Sender NAME [--host ADDR] [--port N] [--rate RATE] [--policy POLICY] [--key ID:SECRET]\n", [&] {
        CommandLine line(argc, argv);
        if (line.words.size() != 1) throw UsageError("the NAME of the stream is needed");
        faspstream::Client client(line.config);
        faspstream::Receipt receipt = client.push(line.words[0], [](std::ostream& out) { faspstream::copy(std::cin, out); });
        std::cerr << "sent " << receipt.bytes() << " bytes\n";
        return 0;
    });
}
