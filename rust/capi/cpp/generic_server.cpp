// A server that stores the streams that clients push as files of a directory, and gives them to those that pull.
#include "example.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <list>
#include <thread>

static const char USAGE[] =
    "usage: generic_server --dir DIR [options]\n"
    "  --dir DIR        keep streams as files there\n"
    "  --host ADDR      address to listen on (default 127.0.0.1); any but loopback needs a key\n"
    "  --port N         TCP port, 0 = any free one (default 33001)\n"
    "  --udp-port N     UDP port, 0 = any free one (default 33001)\n"
    "  --key ID:SECRET  the access key that clients have to prove\n"
    "  --set KEY=VALUE  any key of conf/faspstream.properties\n"
    "  --once           serve one session, then end: 0 if it went well, 1 if not\n";

static std::atomic<bool> stopping{false};

static void take(faspstream::Session& session, const std::string& path, const std::string& partial) {
    try {
        faspstream::read(session, [&](std::istream& in) {
            std::ofstream file(partial, std::ios::binary);
            faspstream::copy(in, file);
            file.close();
            // The client hears of the end when this body returns: when the file stands under its name.
            if (!file || std::rename(partial.c_str(), path.c_str()) != 0) throw std::runtime_error("the stream cannot be stored");
        });
    } catch (...) {
        std::remove(partial.c_str());
        throw;
    }
}

static bool serve(faspstream::Session& session, const std::string& dir) {
    bool push = session.direction() == faspstream::Direction::push;
    std::string name = session.stream();
    std::string what = std::string(push ? "push '" : "pull '") + name + "'";
    try {
        if (name.empty() || name[0] == '.' || name.find('/') != std::string::npos) {
            session.reject("the name of the stream is no plain file name");
            throw std::runtime_error("no plain file name");
        }
        std::string path = dir + "/" + name;
        if (push) {
            take(session, path, dir + "/." + session.id() + ".part");
        } else {
            std::ifstream file(path, std::ios::binary);
            if (!file) {
                session.reject("there is no such stream here");
                throw std::runtime_error("there is no such stream here");
            }
            faspstream::write(session, [&](std::ostream& out) { faspstream::copy(file, out); });
        }
        std::cout << what + " completed\n" << std::flush;
        return true;
    } catch (const std::exception& error) {
        std::cout << what + " failed: " + error.what() + "\n" << std::flush;
        return false;
    }
}

/// A session and the thread that serves it.
struct Worker {
    faspstream::Session session;
    std::atomic<bool> done{false};
    std::thread thread;

    Worker(faspstream::Session accepted, const std::string& dir) : session(std::move(accepted)) {
        thread = std::thread([this, dir] {
            serve(session, dir);
            session.close();
            done = true;
        });
    }
    ~Worker() {
        session.close();
        thread.join();
    }
};

int main(int argc, char** argv) {
    return run(USAGE, [&] {
        CommandLine line(argc, argv);
        if (line.dir.empty() || !line.words.empty()) throw UsageError("--dir is needed, and nothing but options");
        faspstream::Server server(line.config);
        std::cout << "listening on " << server.address() << " (TCP) and UDP port " << server.udp_port() << std::endl;
        std::signal(SIGTERM, [](int) { stopping = true; });
        std::signal(SIGINT, [](int) { stopping = true; });
        std::list<Worker> workers;
        while (!stopping) {
            auto session = server.accept(faspstream::Milliseconds(200));
            workers.remove_if([](const Worker& worker) { return worker.done.load(); });
            if (!session) continue;
            if (line.once) return serve(*session, line.dir) ? 0 : 1;
            workers.emplace_back(std::move(*session), line.dir);
        }
        return 0;
    });
}
