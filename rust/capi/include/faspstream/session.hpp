// One stream: what it is called, how it goes, and how it ends. Included by faspstream.hpp.
#ifndef FASPSTREAM_SESSION_HPP
#define FASPSTREAM_SESSION_HPP

#include "handle.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace faspstream {

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

}  // namespace faspstream

#endif
