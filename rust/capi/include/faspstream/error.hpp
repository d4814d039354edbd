// What can fail, as codes and as exceptions. Included by faspstream.hpp.
#ifndef FASPSTREAM_ERROR_HPP
#define FASPSTREAM_ERROR_HPP

#include <faspstream.h>

#include <cstdint>
#include <string>
#include <system_error>
#include <type_traits>

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

namespace detail {

inline void check(fasp_result code) {
    if (code != FASP_OK) throw Error::last(code);
}

inline bool store(fasp_result code, std::error_code& error) noexcept {
    error = code == FASP_OK ? std::error_code() : std::error_code(code, error_category());
    return code == FASP_OK;
}

}  // namespace detail

}  // namespace faspstream

#endif
