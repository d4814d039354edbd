// What the C++ examples share: their options and their end.
#ifndef EXAMPLE_HPP
#define EXAMPLE_HPP

#include <faspstream.hpp>

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Splits "a<separator>b", which must have the separator behind the first character.
inline std::pair<std::string, std::string> split(const std::string& option, const std::string& text, char separator) {
    auto at = text.find(separator);
    if (at == std::string::npos || at == 0) throw UsageError(option + " is not of the form A" + separator + "B");
    return {text.substr(0, at), text.substr(at + 1)};
}

/// The words and options of a command line; what both ends understand goes straight into the configuration.
struct CommandLine {
    faspstream::Config config;
    std::vector<std::string> words;
    std::string dir;
    bool once = false;
    bool quiet = false;

    CommandLine(int argc, char** argv) {
        for (int i = 1; i < argc; i++) {
            std::string name = argv[i];
            if (name == "--once") once = true;
            else if (name == "--quiet") quiet = true;
            else if (name.compare(0, 2, "--") != 0) words.push_back(name);
            else if (i + 1 == argc) throw UsageError(name + " needs a value");
            else option(name, argv[++i]);
        }
    }

private:
    void option(const std::string& name, const std::string& value) {
        if (name == "--host") config.set("host", value);
        else if (name == "--port") config.set("tcp.port", value);
        else if (name == "--udp-port") config.set("udp.port", value);
        else if (name == "--rate") config.set("target.rate", value);
        else if (name == "--policy") config.set("policy", value);
        else if (name == "--dir") dir = value;
        else if (name == "--key") {
            auto [id, secret] = split(name, value, ':');
            config.access_key(id, secret);
        } else if (name == "--set") {
            auto [key, text] = split(name, value, '=');
            config.set(key, text);
        } else throw UsageError("unknown option " + name);
    }
};

/// Runs a program: 2 for a wrong command line, 1 for everything else that is thrown.
template <class Body>
int run(const char* usage, Body body) {
    try {
        return body();
    } catch (const UsageError& error) {
        std::cerr << "error: " << error.what() << "\n" << usage;
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << "\n";
        return 1;
    }
}

#endif
