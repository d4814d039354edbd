// FASPStream for C++17, header only, over faspstream.h.
//
//   faspstream::Client client(faspstream::Config().host("10.0.0.2").access_key("cam", secret));
//   faspstream::Receipt receipt = client.push("camera-1", [&](std::ostream& out) { faspstream::copy(source, out); });
//
// Complete or abort: a body that returns completes its stream, one that throws aborts it. A reader sees the end of a stream only when
// length and digest were verified; a stream that fails throws faspstream::Error out of read(), and out of an std::istream too.
// Objects own their handles and can be moved, not copied. Any member may be called from any thread while the object lives and is not
// being moved; close() wakes the threads that wait. What throws has a sibling with a std::error_code at the end that does not.
#ifndef FASPSTREAM_HPP
#define FASPSTREAM_HPP

#include "faspstream/endpoint.hpp"
#include "faspstream/error.hpp"
#include "faspstream/session.hpp"
#include "faspstream/stream.hpp"

#endif
