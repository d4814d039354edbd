// What C++ programs rely on; every law prints a line, and the first that is broken ends the program with 1.
#include <faspstream.hpp>

#include <cstdlib>
#include <future>
#include <iostream>
#include <sstream>
#include <type_traits>

using namespace faspstream;

#define HOLDS(condition) \
    if (!(condition)) { \
        std::cerr << "laws.cpp:" << __LINE__ << ": not true: " #condition << "\n"; \
        std::exit(1); \
    }

static_assert(!std::is_copy_constructible_v<Session> && std::is_nothrow_move_constructible_v<Session>);
static_assert(!std::is_copy_constructible_v<Server> && std::is_nothrow_move_assignable_v<Server>);
static_assert(!std::is_copy_constructible_v<Client> && std::is_nothrow_move_assignable_v<Client>);

static const char* const SECRET = "a secret that is long";

static Config config(std::uint16_t port, const char* secret = SECRET) {
    Config config;
    config.tcp_port(port).udp_port(0).access_key("law", secret).set("connect.timeout", "60s");
    return config;
}

struct Pair {
    Server server{config(0)};
    Client client{config(server.tcp_port())};
};

static std::string bytes(std::size_t length) {
    std::string out(length, '\0');
    for (std::size_t i = 0; i < length; i++) out[i] = static_cast<char>(i * 2654435761u >> 13);
    return out;
}

template <class Call>
static Errc failure(Call call) {
    try {
        call();
    } catch (const Error& error) {
        HOLDS(*error.what() != 0);
        return error.errc();
    }
    std::cerr << "it did not fail\n";
    std::exit(1);
}

static void a_stream_arrives_as_it_was_written_and_the_receipts_agree() {
    Pair pair;
    std::string data = bytes(3 << 20), got;
    auto taken = std::async(std::launch::async, [&] {
        Session session = pair.server.accept();
        HOLDS(session.stream() == "läw" && session.principal() == "law" && !session.is_sender());
        HOLDS(session.metadata("colour") == "blue" && !session.metadata("sound"));
        return faspstream::read(session, [&](std::istream& in) { got.assign(std::istreambuf_iterator<char>(in), {}); });
    });
    Receipt sent = pair.client.push("läw", [&](std::ostream& out) {
        out << data.substr(0, 10);
        out.write(data.data() + 10, static_cast<std::streamsize>(data.size() - 10));
    }, {{"colour", "blue"}});
    Receipt received = taken.get();
    HOLDS(got == data && sent.bytes() == data.size() && received.bytes() == data.size());
    HOLDS(sent.digest() == received.digest() && sent.session_id() == received.session_id() && sent.digest_hex().size() >= 32);
}

static void lines_can_be_pulled_through_standard_streams() {
    Pair pair;
    auto given = std::async(std::launch::async, [&] {
        Session session = pair.server.accept();
        return faspstream::write(session, [](std::ostream& out) {
            for (int i = 0; i < 1000; i++) out << "line " << i << '\n' << std::flush;
        });
    });
    int count = 0;
    Receipt receipt = pair.client.pull("lines", [&](std::istream& in) {
        std::string word;
        for (int number; in >> word >> number; count++) HOLDS(word == "line" && number == count);
    });
    HOLDS(count == 1000 && given.get().bytes() == receipt.bytes());
}

static void a_body_that_throws_aborts_and_its_words_arrive() {
    Pair pair;
    auto taken = std::async(std::launch::async, [&] {
        Session session = pair.server.accept();
        std::string words;
        try {
            faspstream::read(session, [](std::istream& in) { std::stringstream() << in.rdbuf(); });
        } catch (const Error& error) {
            HOLDS(error.errc() == Errc::aborted_by_peer);
            words = error.what();
        }
        return words;
    });
    bool thrown = false;
    try {
        pair.client.push("half", [](std::ostream& out) {
            out << "some bytes" << std::flush;
            throw std::runtime_error("the source broke");
        });
    } catch (const std::runtime_error& error) {
        thrown = std::string(error.what()) == "the source broke";
    }
    HOLDS(thrown && taken.get().find("the source broke") != std::string::npos);
}

static void a_failed_source_is_not_taken_for_its_end() {
    Pair pair;
    auto taken = std::async(std::launch::async, [&] {
        Session session = pair.server.accept();
        char byte;
        return failure([&] { while (session.read(&byte, 1) != 0) {} });
    });
    std::istringstream source("abc");
    source.setstate(std::ios::badbit);
    HOLDS(failure([&] { pair.client.push("broken", [&](std::ostream& out) { faspstream::copy(source, out); }); }) == Errc::io);
    HOLDS(taken.get() == Errc::aborted_by_peer);
}

static void errors_come_as_exceptions_or_as_codes() {
    Pair pair;
    HOLDS(failure([] { Config().set("tcp.prot", "1"); }) == Errc::configuration);
    HOLDS(failure([&] { Client client(config(pair.server.tcp_port(), "another secret, wrong")); }) == Errc::authentication);
    std::error_code code;
    HOLDS(!pair.server.accept(Milliseconds(0), code) && code == Errc::again);
    HOLDS(!pair.server.accept(Milliseconds(1)));
    Session session = pair.client.open(Direction::push, "codes");
    HOLDS(session.write_some("x", 1, forever, code) == 1 && !code);
    char byte;
    HOLDS(session.read(&byte, 1, Milliseconds(0), code) == 0 && code == Errc::configuration && !code.message().empty());
    session.close();
    session.close();
    HOLDS(session.write_some("x", 1, forever, code) == 0 && code == Errc::closed);
}

static void a_pinned_server_is_kept_and_a_digest_can_be_chosen() {
    Pair pair;
    Config right = config(pair.server.tcp_port());
    Client client(right.set("tls.pin", pair.server.key_pin()).set("digest", "blake3"));
    auto taken = std::async(std::launch::async, [&] {
        Session session = pair.server.accept();
        return faspstream::read(session, [](std::istream& in) { HOLDS(std::string(std::istreambuf_iterator<char>(in), {}) == "abc"); });
    });
    Receipt sent = client.push("abc", [](std::ostream& out) { out << "abc"; });
    HOLDS(sent.digest_algorithm() == "BLAKE3" && sent.digest_hex() == taken.get().digest_hex());
    HOLDS(sent.digest_hex() == "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    Config wrong = config(pair.server.tcp_port());
    HOLDS(failure([&] { Client other(wrong.set("tls.pin", "sha256:" + std::string(64, 'a'))); }) == Errc::authentication);
}

static void a_moved_session_is_the_same_and_a_destroyed_one_is_aborted() {
    Pair pair;
    std::optional<Session> writer(pair.client.open(Direction::push, "moved"));
    Session reader = pair.server.accept();
    Session moved = std::move(*writer);
    moved.write("abc", 3);
    moved.flush();
    char data[3];
    std::size_t got = 0;
    while (got < 3) got += reader.read(data + got, 3 - got);
    HOLDS(std::string(data, 3) == "abc" && moved.stats().datagrams_rejected == 0);
    HOLDS(*moved.diagnose().sentence != 0 && !moved.receipt());
    { Session gone = std::move(moved); }
    HOLDS(failure([&] { reader.read(data, 1); }) == Errc::aborted_by_peer);
}

static void close_wakes_who_waits() {
    Pair pair;
    auto waiter = std::async(std::launch::async, [&] { return failure([&] { pair.server.accept(); }); });
    pair.server.close();
    HOLDS(waiter.get() == Errc::closed);
}

#define LAW(name) (name(), std::cout << #name << std::endl)

int main() {
    LAW(a_stream_arrives_as_it_was_written_and_the_receipts_agree);
    LAW(lines_can_be_pulled_through_standard_streams);
    LAW(a_body_that_throws_aborts_and_its_words_arrive);
    LAW(a_failed_source_is_not_taken_for_its_end);
    LAW(errors_come_as_exceptions_or_as_codes);
    LAW(a_pinned_server_is_kept_and_a_digest_can_be_chosen);
    LAW(a_moved_session_is_the_same_and_a_destroyed_one_is_aborted);
    LAW(close_wakes_who_waits);
}
