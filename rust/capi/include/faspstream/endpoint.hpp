// Servers, clients and their configuration. Included by faspstream.hpp.
#ifndef FASPSTREAM_ENDPOINT_HPP
#define FASPSTREAM_ENDPOINT_HPP

#include "stream.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace faspstream {

/// What a server or client is to be like: every key of conf/faspstream.properties, and short names for the common ones.
class Config {
public:
    Config() {
        fasp_config handle = 0;
        detail::check(fasp_config_new(&handle));
        handle_ = Handle(handle);
    }
    Config& set(const std::string& key, const std::string& value) {
        detail::check(fasp_config_set(handle_.get(), key.c_str(), value.c_str()));
        return *this;
    }
    Config& load(const std::string& path) {
        detail::check(fasp_config_load(handle_.get(), path.c_str()));
        return *this;
    }
    Config& access_key(const std::string& id, const std::string& secret) {
        detail::check(fasp_config_add_access_key(handle_.get(), id.c_str(), secret.c_str()));
        return *this;
    }
    Config& host(const std::string& address) { return set("host", address); }
    Config& tcp_port(std::uint16_t port) { return set("tcp.port", std::to_string(port)); }
    Config& udp_port(std::uint16_t port) { return set("udp.port", std::to_string(port)); }
    /// Such as "500mbit".
    Config& target_rate(const std::string& rate) { return set("target.rate", rate); }
    fasp_config handle() const noexcept { return handle_.get(); }

private:
    using Handle = detail::Handle<detail::CloseConfig>;
    Handle handle_;
};

/// Serves any number of clients on one TCP and one UDP port. Destroyed, it closes without grace.
class Server {
public:
    explicit Server(const Config& config) {
        fasp_server handle = 0;
        detail::check(fasp_server_start(config.handle(), &handle));
        handle_ = Handle(handle);
    }
    /// Address and port of the control channel as bound.
    std::string address() const {
        return detail::text([&](char* b, std::size_t c, std::size_t* l) { return fasp_server_address(handle_.get(), b, c, l); });
    }
    /// What clients may set as "tls.pin". Without "tls.cert" it is another one at each start.
    std::string key_pin() const {
        return detail::text([&](char* b, std::size_t c, std::size_t* l) { return fasp_server_key_pin(handle_.get(), b, c, l); });
    }
    std::uint16_t tcp_port() const { return port(fasp_server_tcp_port); }
    std::uint16_t udp_port() const { return port(fasp_server_udp_port); }
    /// Waits for the next session; nothing if none comes in time.
    std::optional<Session> accept(Milliseconds timeout) {
        fasp_session session = 0;
        fasp_result code = fasp_server_accept(handle_.get(), timeout.count(), &session);
        if (code == FASP_AGAIN) return std::nullopt;
        detail::check(code);
        return Session(session);
    }
    Session accept() { return std::move(*accept(forever)); }
    std::optional<Session> accept(Milliseconds timeout, std::error_code& error) noexcept {
        fasp_session session = 0;
        if (!detail::store(fasp_server_accept(handle_.get(), timeout.count(), &session), error)) return std::nullopt;
        return Session(session);
    }
    ServerStats stats() const {
        auto stats = detail::sized<ServerStats>();
        detail::check(fasp_server_get_stats(handle_.get(), &stats));
        return stats;
    }
    /// Caps the sum over all sessions, in bits per second.
    void target_rate(std::uint64_t bits_per_second) { detail::check(fasp_server_set_target_rate(handle_.get(), bits_per_second)); }
    /// Lets running sessions go on for `grace`, then ends. Wakes who waits in accept().
    void close(Milliseconds grace = Milliseconds::zero()) noexcept {
        fasp_server_close(handle_.get(), static_cast<std::uint64_t>(grace.count() < 0 ? 0 : grace.count()));
    }
    fasp_server handle() const noexcept { return handle_.get(); }

private:
    using Handle = detail::Handle<detail::CloseServer>;
    template <class Get>
    std::uint16_t port(Get get) const {
        std::uint16_t port = 0;
        detail::check(get(handle_.get(), &port));
        return port;
    }
    Handle handle_;
};

/// A connection to a server, which carries any number of sessions, also at the same time.
class Client {
public:
    explicit Client(const Config& config) {
        fasp_client handle = 0;
        detail::check(fasp_client_connect(config.handle(), &handle));
        handle_ = Handle(handle);
    }
    Session open(Direction direction, const std::string& stream, const Metadata& metadata = {}) {
        std::vector<fasp_metadata> words;
        for (const auto& [key, value] : metadata) words.push_back({key.c_str(), value.c_str()});
        fasp_session session = 0;
        detail::check(fasp_client_open(handle_.get(), static_cast<std::int32_t>(direction), stream.c_str(), words.data(), words.size(), &session));
        return Session(session);
    }
    /// Pushes what `body(std::ostream&)` writes; returns when the server's application has read it all.
    template <class Body>
    Receipt push(const std::string& stream, Body&& body, const Metadata& metadata = {}) {
        Session session = open(Direction::push, stream, metadata);
        return write(session, std::forward<Body>(body));
    }
    /// Pulls a stream into `body(std::istream&)`.
    template <class Body>
    Receipt pull(const std::string& stream, Body&& body, const Metadata& metadata = {}) {
        Session session = open(Direction::pull, stream, metadata);
        return read(session, std::forward<Body>(body));
    }
    /// Aborts the sessions that run, and ends.
    void close() noexcept { handle_.close(); }
    fasp_client handle() const noexcept { return handle_.get(); }

private:
    using Handle = detail::Handle<detail::CloseClient>;
    Handle handle_;
};

/// A fresh access key as "id:secret".
inline std::string generate_access_key(const std::string& id) {
    return detail::text([&](char* b, std::size_t c, std::size_t* l) { return fasp_access_key_generate(id.c_str(), b, c, l); });
}

}  // namespace faspstream

#endif
