// The bytes of a session as streams of the standard library. Included by faspstream.hpp.
#ifndef FASPSTREAM_STREAM_HPP
#define FASPSTREAM_STREAM_HPP

#include "session.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <istream>
#include <ostream>
#include <streambuf>
#include <utility>
#include <vector>

namespace faspstream {

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

}  // namespace faspstream

#endif
