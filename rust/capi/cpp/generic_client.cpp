// A client that pushes a file to a server as a stream, or pulls a stream into a file.
#include "example.hpp"

#include <cstdio>
#include <fstream>

static const char USAGE[] =
    "usage: generic_client push NAME [FILE|-] | pull NAME [FILE|-] [options]\n"
    "  --host ADDR      the server's address (default 127.0.0.1)\n"
    "  --port N         the server's TCP port (default 33001)\n"
    "  --rate RATE      never faster than this, such as 500mbit\n"
    "  --policy POLICY  fixed, high, fair or low\n"
    "  --key ID:SECRET  the access key to prove\n"
    "  --set KEY=VALUE  any key of conf/faspstream.properties\n"
    "  --quiet          print errors only\n";

static void report(bool quiet, const char* verb, const std::string& name, const faspstream::Receipt& receipt) {
    if (quiet) return;
    std::cerr << verb << " '" << name << "': " << receipt.bytes() << " bytes, "
              << static_cast<double>(receipt.average_rate()) / 1e6 << " Mbit/s, " << receipt.digest_algorithm() << ' '
              << receipt.digest_hex() << "\n";
}

static void push(faspstream::Client& client, const std::string& name, const std::string& path, bool quiet) {
    std::ifstream file;
    if (path != "-") file.open(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + " cannot be opened");
    std::istream& source = path == "-" ? std::cin : file;
    // What is thrown in the body aborts the stream, and its words go to the server.
    report(quiet, "pushed", name, client.push(name, [&](std::ostream& out) { faspstream::copy(source, out); }));
}

static void pull(faspstream::Client& client, const std::string& name, const std::string& path, bool quiet) {
    if (path == "-") {
        report(quiet, "pulled", name, client.pull(name, [](std::istream& in) { faspstream::copy(in, std::cout); }));
        return;
    }
    std::string partial = path + ".part";
    try {
        report(quiet, "pulled", name, client.pull(name, [&](std::istream& in) {
            std::ofstream file(partial, std::ios::binary);
            faspstream::copy(in, file);
            file.close();
            // The server hears of the end when this body returns: when the file stands under its name.
            if (!file || std::rename(partial.c_str(), path.c_str()) != 0) throw std::runtime_error(path + " cannot be written");
        }));
    } catch (...) {
        std::remove(partial.c_str());
        throw;
    }
}

int main(int argc, char** argv) {
    return run(USAGE, [&] {
        CommandLine line(argc, argv);
        if (line.words.size() < 2 || line.words.size() > 3) throw UsageError("push or pull, and a NAME, are needed");
        std::string path = line.words.size() == 3 ? line.words[2] : "-";
        faspstream::Client client(line.config);
        if (line.words[0] == "push") push(client, line.words[1], path, line.quiet);
        else if (line.words[0] == "pull") pull(client, line.words[1], path, line.quiet);
        else throw UsageError("unknown command '" + line.words[0] + "': allowed is push or pull");
        return 0;
    });
}
