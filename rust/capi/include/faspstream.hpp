// FASPStream for C++17, header only, over faspstream.h.
//
//   faspstream::Client client(faspstream::Config().host("10.0.0.2").access_key("cam", secret));
//   faspstream::Receipt receipt = client.push("camera-1", [&](std::ostream& out) { out << source.rdbuf(); });
//
// Complete or abort: a body that returns completes its stream, one that throws aborts it. A reader sees the end of a stream only when
// length and digest were verified; a stream that fails throws faspstream::Error out of read(), and out of an std::istream too.
// Objects own their handles and can be moved, not copied. Any member may be called from any thread while the object lives and is not
// being moved; close() wakes the threads that wait. What throws has a sibling with a std::error_code at the end that does not.
#ifndef FASPSTREAM_HPP
#define FASPSTREAM_HPP

#include <faspstream.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <istream>
#include <map>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace faspstream {

/// What failed; the numbers of fasp_code.
enum class Errc {
    closed = FASP_CLOSED,
    timeout = FASP_TIMEOUT,
    connection_refused = FASP_CONNECTION_REFUSED,
    connection_lost = FASP_CONNECTION_LOST,
    outage = FASP_OUTAGE,
    authentication = FASP_AUTHENTICATION,
    permission = FASP_PERMISSION,
    rejected = FASP_REJECTED,
    aborted_by_peer = FASP_ABORTED_BY_PEER,
    aborted = FASP_ABORTED,
    integrity = FASP_INTEGRITY,
    protocol = FASP_PROTOCOL,
    version = FASP_VERSION,
    configuration = FASP_CONFIGURATION,
    address_in_use = FASP_ADDRESS_IN_USE,
    resources = FASP_RESOURCES,
    io = FASP_IO,
    internal = FASP_INTERNAL,
    shutdown = FASP_SHUTDOWN,
    interrupted = FASP_INTERRUPTED,
    incomplete = FASP_INCOMPLETE,
    again = FASP_AGAIN,
    invalid = FASP_INVALID,
};

/// The category of the codes above. Its message is that of the code; what a call said exactly is in Error::what().
inline const std::error_category& error_category() noexcept {
    class Category final : public std::error_category {
        const char* name() const noexcept override { return "faspstream"; }
        std::string message(int code) const override {
            if (code == FASP_AGAIN) return "not within the given time";
            const char* words = code == fasp_error_code() ? fasp_error_message() : "";
            return *words ? words : "faspstream error " + std::to_string(code);
        }
    };
    static const Category category;
    return category;
}

inline std::error_code make_error_code(Errc code) noexcept { return {static_cast<int>(code), error_category()}; }

}  // namespace faspstream

template <>
struct std::is_error_code_enum<faspstream::Errc> : std::true_type {};

namespace faspstream {

/// A failed call, with the words of the engine.
class Error : public std::system_error {
public:
    explicit Error(std::error_code code, const std::string& words, std::uint64_t delivered = 0, bool retryable = false)
        : std::system_error(code), words_(words), delivered_(delivered), retryable_(retryable) {}
    /// The last failure of this thread.
    static Error last(fasp_result code) {
        return Error(std::error_code(code, error_category()), code == FASP_AGAIN ? "not within the given time" : fasp_error_message(),
                     fasp_error_bytes_delivered(), fasp_error_retryable());
    }
    /// What went wrong and what to do, without a prefix.
    const char* what() const noexcept override { return words_.c_str(); }
    Errc errc() const noexcept { return static_cast<Errc>(code().value()); }
    /// True if the same attempt may succeed later without a change by the user.
    bool retryable() const noexcept { return retryable_; }
    /// Stream bytes that the reading application had taken.
    std::uint64_t bytes_delivered() const noexcept { return delivered_; }

private:
    std::string words_;
    std::uint64_t delivered_;
    bool retryable_;
};

using Milliseconds = std::chrono::milliseconds;
/// For a wait as long as it takes.
inline constexpr Milliseconds forever{FASP_FOREVER};
inline constexpr std::uint64_t unlimited = FASP_RATE_UNLIMITED;

enum class Direction { push = FASP_PUSH, pull = FASP_PULL };
enum class Policy { fixed = FASP_POLICY_FIXED, high = FASP_POLICY_HIGH, fair = FASP_POLICY_FAIR, low = FASP_POLICY_LOW };
using Metadata = std::map<std::string, std::string>;
using Stats = fasp_stats;
using Diagnosis = fasp_diagnosis;
using ServerStats = fasp_server_stats;

namespace detail {

inline void check(fasp_result code) {
    if (code != FASP_OK) throw Error::last(code);
}

inline bool store(fasp_result code, std::error_code& error) noexcept {
    error = code == FASP_OK ? std::error_code() : std::error_code(code, error_category());
    return code == FASP_OK;
}

/// The text that `get(buffer, capacity, &length)` gives, however long.
template <class Get>
std::string text(Get get) {
    std::string out(128, '\0');
    for (;;) {
        std::size_t length = 0;
        fasp_result code = get(out.data(), out.size(), &length);
        if (code != FASP_TRUNCATED) {
            check(code);
            out.resize(length);
            return out;
        }
        out.resize(length + 1);
    }
}

template <class Record>
Record sized() noexcept {
    Record record{};
    record.size = sizeof record;
    return record;
}

/// Owns a handle: closes it once, at the latest when it goes.
template <class Close>
class Handle {
public:
    Handle() noexcept = default;
    explicit Handle(std::int64_t value) noexcept : value_(value) {}
    Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, 0)) {}
    Handle& operator=(Handle&& other) noexcept {
        if (this != &other) {
            close();
            value_ = std::exchange(other.value_, 0);
        }
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { close(); }
    std::int64_t get() const noexcept { return value_; }
    /// The handle stays in place, stale, so that threads that use it meanwhile get Errc::closed. A second close does nothing.
    void close() const noexcept {
        if (value_ != 0) Close()(value_);
    }

private:
    std::int64_t value_ = 0;
};

struct CloseConfig { void operator()(std::int64_t h) const noexcept { fasp_config_free(h); } };
struct CloseServer { void operator()(std::int64_t h) const noexcept { fasp_server_close(h, 0); } };
struct CloseClient { void operator()(std::int64_t h) const noexcept { fasp_client_close(h); } };
struct CloseSession { void operator()(std::int64_t h) const noexcept { fasp_session_close(h); } };

}  // namespace detail

/// The proof that a stream arrived.
class Receipt {
public:
    explicit Receipt(const fasp_receipt& record) : record_(record) {}
    std::uint64_t bytes() const noexcept { return record_.bytes; }
    std::vector<std::uint8_t> digest() const { return {record_.digest, record_.digest + record_.digest_length}; }
    std::string digest_hex() const {
        std::string out;
        for (std::uint8_t byte : digest()) {
            out += "0123456789abcdef"[byte >> 4];
            out += "0123456789abcdef"[byte & 15];
        }
        return out;
    }
    std::string digest_algorithm() const { return record_.digest_algorithm; }
    std::string session_id() const { return record_.session_id; }
    /// The id of the access key that was proven; empty without one.
    std::string peer() const { return record_.peer; }
    std::chrono::nanoseconds duration() const noexcept { return std::chrono::nanoseconds(record_.duration_ns); }
    /// Bits per second.
    std::uint64_t average_rate() const noexcept { return record_.average_rate; }
    const fasp_receipt& record() const noexcept { return record_; }

private:
    fasp_receipt record_;
};

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

/// One stream in one direction. Destroyed before its completion it is aborted.
class Session {
public:
    explicit Session(fasp_session handle) noexcept : handle_(handle) {}

    std::string id() const { return text(fasp_session_id); }
    std::string stream() const { return text(fasp_session_stream); }
    std::string principal() const { return text(fasp_session_principal); }
    std::string remote_address() const { return text(fasp_session_remote_address); }
    /// What the client said under `key`, if anything.
    std::optional<std::string> metadata(const std::string& key) const {
        try {
            return detail::text([&](char* b, std::size_t c, std::size_t* l) { return fasp_session_metadata(handle(), key.c_str(), b, c, l); });
        } catch (const Error& error) {
            if (error.errc() != Errc::invalid) throw;
            return std::nullopt;
        }
    }
    Direction direction() const {
        std::int32_t direction = 0;
        detail::check(fasp_session_direction(handle(), &direction));
        return static_cast<Direction>(direction);
    }
    bool is_sender() const {
        bool sender = false;
        detail::check(fasp_session_is_sender(handle(), &sender));
        return sender;
    }

    /// Reads at least one byte; 0 is the verified end of the stream.
    std::size_t read(void* data, std::size_t length, Milliseconds timeout = forever) {
        std::size_t count = 0;
        fasp_result code = fasp_session_read(handle(), static_cast<std::uint8_t*>(data), length, timeout.count(), &count);
        if (code != FASP_END) detail::check(code);
        return count;
    }
    /// Like read; at the end of the stream it gives 0 and no error.
    std::size_t read(void* data, std::size_t length, Milliseconds timeout, std::error_code& error) noexcept {
        std::size_t count = 0;
        fasp_result code = fasp_session_read(handle(), static_cast<std::uint8_t*>(data), length, timeout.count(), &count);
        detail::store(code == FASP_END ? FASP_OK : code, error);
        return count;
    }
    /// Writes all of it, waiting for room.
    void write(const void* data, std::size_t length) {
        detail::check(fasp_session_write_all(handle(), static_cast<const std::uint8_t*>(data), length));
    }
    /// Writes at least one byte, and tells how many.
    std::size_t write_some(const void* data, std::size_t length, Milliseconds timeout, std::error_code& error) noexcept {
        std::size_t count = 0;
        detail::store(fasp_session_write(handle(), static_cast<const std::uint8_t*>(data), length, timeout.count(), &count), error);
        return count;
    }
    /// Lets a partly filled datagram go now.
    void flush() { detail::check(fasp_session_flush(handle())); }
    /// Ends the stream that this end writes, and waits until the peer's application has read all of it and the digests agreed.
    Receipt complete(Milliseconds timeout = forever) {
        auto record = detail::sized<fasp_receipt>();
        detail::check(fasp_session_complete(handle(), timeout.count(), &record));
        return Receipt(record);
    }
    /// Has the writer's complete() wait for confirm() here. To be called before the last byte is read.
    void hold_completion() { detail::check(fasp_session_hold_completion(handle())); }
    /// Confirms a stream that was read to its end.
    Receipt confirm(Milliseconds timeout = forever) {
        auto record = detail::sized<fasp_receipt>();
        detail::check(fasp_session_confirm(handle(), timeout.count(), &record));
        return Receipt(record);
    }
    /// The receipt once the session has completed; throws why it failed.
    std::optional<Receipt> receipt() const {
        auto record = detail::sized<fasp_receipt>();
        fasp_result code = fasp_session_receipt(handle(), &record);
        if (code == FASP_AGAIN) return std::nullopt;
        detail::check(code);
        return Receipt(record);
    }

    Stats stats() const {
        auto stats = detail::sized<Stats>();
        detail::check(fasp_session_stats(handle(), &stats));
        return stats;
    }
    Diagnosis diagnose() const {
        auto diagnosis = detail::sized<Diagnosis>();
        detail::check(fasp_session_diagnose(handle(), &diagnosis));
        return diagnosis;
    }
    void target_rate(std::uint64_t bits_per_second) { detail::check(fasp_session_set_target_rate(handle(), bits_per_second)); }
    void min_rate(std::uint64_t bits_per_second) { detail::check(fasp_session_set_min_rate(handle(), bits_per_second)); }
    void policy(Policy policy) { detail::check(fasp_session_set_policy(handle(), static_cast<std::int32_t>(policy))); }

    /// Server, before any byte: the stream is not wanted.
    void reject(const std::string& reason) noexcept { fasp_session_reject(handle(), reason.c_str()); }
    /// Ends the stream without completion; the peer gets the reason.
    void abort(const std::string& reason) noexcept { fasp_session_abort(handle(), reason.c_str()); }
    /// Ends the use; aborts what has not completed.
    void close() noexcept { handle_.close(); }
    fasp_session handle() const noexcept { return handle_.get(); }

private:
    template <class Get>
    std::string text(Get get) const {
        return detail::text([&](char* b, std::size_t c, std::size_t* l) { return get(handle(), b, c, l); });
    }
    detail::Handle<detail::CloseSession> handle_;
};

/// A std::streambuf over a session. Reading throws Error when the stream fails, so that a failure never looks like an end.
class StreamBuffer : public std::streambuf {
public:
    explicit StreamBuffer(Session& session, std::size_t size = 256 * 1024) : session_(session), buffer_(size < 1 ? 1 : size) {
        if (session.is_sender()) setp(buffer_.data(), buffer_.data() + buffer_.size());
    }
    StreamBuffer(const StreamBuffer&) = delete;
    StreamBuffer& operator=(const StreamBuffer&) = delete;
    /// Throws the first failure of the session that this buffer has met, if any.
    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

protected:
    int_type underflow() override {
        std::size_t count = kept([&] { return session_.read(buffer_.data(), buffer_.size()); });
        setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
        return count == 0 ? traits_type::eof() : traits_type::to_int_type(buffer_.front());
    }
    std::streamsize xsgetn(char* data, std::streamsize length) override {
        std::streamsize done = 0;
        while (done < length) {
            std::streamsize here = std::min<std::streamsize>(egptr() - gptr(), length - done);
            if (here > 0) {
                traits_type::copy(data + done, gptr(), static_cast<std::size_t>(here));
                gbump(static_cast<int>(here));
                done += here;
                continue;
            }
            // Large reads go past the buffer.
            std::size_t count = kept([&] { return session_.read(data + done, static_cast<std::size_t>(length - done)); });
            if (count == 0) break;
            done += static_cast<std::streamsize>(count);
        }
        return done;
    }
    int_type overflow(int_type c) override {
        drain();
        if (!traits_type::eq_int_type(c, traits_type::eof())) {
            *pptr() = traits_type::to_char_type(c);
            pbump(1);
        }
        return traits_type::not_eof(c);
    }
    std::streamsize xsputn(const char* data, std::streamsize length) override {
        if (length < epptr() - pptr()) return std::streambuf::xsputn(data, length);
        drain();
        return kept([&] {
            session_.write(data, static_cast<std::size_t>(length));
            return length;
        });
    }
    int sync() override {
        if (pbase() == nullptr) return 0;
        drain();
        session_.flush();
        return 0;
    }

private:
    void drain() {
        kept([&] {
            session_.write(pbase(), static_cast<std::size_t>(pptr() - pbase()));
            return 0;
        });
        setp(buffer_.data(), buffer_.data() + buffer_.size());
    }
    /// The formatted functions of the standard streams swallow exceptions; the first one is kept for who asks.
    template <class Call>
    std::invoke_result_t<Call> kept(Call call) {
        try {
            return call();
        } catch (...) {
            if (!failure_) failure_ = std::current_exception();
            throw;
        }
    }
    Session& session_;
    std::vector<char> buffer_;
    std::exception_ptr failure_;
};

/// The reading end of a session as a std::istream that throws when the stream fails.
class InputStream : public std::istream {
public:
    explicit InputStream(Session& session) : std::istream(nullptr), buffer_(session) {
        rdbuf(&buffer_);
        exceptions(std::ios::badbit);
    }
    const StreamBuffer& buffer() const noexcept { return buffer_; }

private:
    StreamBuffer buffer_;
};

/// The writing end of a session as a std::ostream that throws when the stream fails. Its destructor completes nothing.
class OutputStream : public std::ostream {
public:
    explicit OutputStream(Session& session) : std::ostream(nullptr), buffer_(session) {
        rdbuf(&buffer_);
        exceptions(std::ios::badbit);
    }
    const StreamBuffer& buffer() const noexcept { return buffer_; }

private:
    StreamBuffer buffer_;
};

/// Copies a stream to its end and throws if reading or writing fails, unlike `out << in.rdbuf()`, which keeps that to itself.
inline void copy(std::istream& in, std::ostream& out, std::size_t chunk = 256 * 1024) {
    std::vector<char> buffer(chunk);
    while (in) {
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        out.write(buffer.data(), in.gcount());
        if (!out) throw Error(make_error_code(Errc::io), "writing failed");
    }
    if (in.bad()) throw Error(make_error_code(Errc::io), "reading failed");
}

/// Writes a stream by `body(std::ostream&)`: completes it when the body returns, aborts it when the body throws.
template <class Body>
Receipt write(Session& session, Body&& body) {
    try {
        OutputStream out(session);
        std::forward<Body>(body)(static_cast<std::ostream&>(out));
        out.buffer().rethrow();
        // Whatever set it: bytes may be missing. An insertion of an empty rdbuf() does so too, which is why copy() exists.
        if (!out.flush()) throw Error(make_error_code(Errc::aborted), "the writing body left its stream in a failed state");
        return session.complete();
    } catch (const std::exception& error) {
        session.abort(error.what());
        throw;
    } catch (...) {
        session.abort("the writing body threw");
        throw;
    }
}

/// Reads a stream by `body(std::istream&)`: confirms it when the body has returned and the verified end was reached, aborts it when the
/// body throws or leaves bytes unread.
template <class Body>
Receipt read(Session& session, Body&& body) {
    try {
        session.hold_completion();
        InputStream in(session);
        std::forward<Body>(body)(static_cast<std::istream&>(in));
        char extra;
        if (in.rdbuf()->sgetn(&extra, 1) != 0) {
            throw Error(make_error_code(Errc::aborted), "the reading body returned before the end of the stream");
        }
        return session.confirm();
    } catch (const std::exception& error) {
        session.abort(error.what());
        throw;
    } catch (...) {
        session.abort("the reading body threw");
        throw;
    }
}

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
