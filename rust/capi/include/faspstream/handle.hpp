// Owners of handles, and what the C interface gives in buffers and records. Included by faspstream.hpp.
#ifndef FASPSTREAM_HANDLE_HPP
#define FASPSTREAM_HANDLE_HPP

#include "error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace faspstream {

namespace detail {

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

}  // namespace faspstream

#endif
