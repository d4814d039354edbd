// The C interface of FASPStream. rust/capi/docs/conventions.md tells who owns what, which thread may call what, and what stays.
// Generated from rust/capi/src by `FASP_BLESS=1 cargo test -p faspstream-capi --test header`; do not edit.

#ifndef FASPSTREAM_H
#define FASPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A rate that means "no limit".
#define FASP_RATE_UNLIMITED UINT64_MAX

// A timeout that waits for as long as it takes; every negative number does.
#define FASP_FOREVER -1

// Most bytes of the digest in a receipt; `digest_length` says how many there are.
#define FASP_DIGEST_LENGTH_MAX 32

// How many limits `fasp_diagnosis.shares` has.
#define FASP_LIMIT_COUNT 9

// Raised when something is added; the symbol version and the library's file name tell what is incompatible.
#define FASP_ABI_VERSION 1

// The codes. 1 to 99 are failures of the engine, 100 and above belong to this interface.
enum fasp_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // It went well.
  FASP_OK = 0,
  // Used after close: the handle is stale.
  FASP_CLOSED = 1,
  // Connecting or opening took longer than connect.timeout. (A wait of the caller that has run out is FASP_AGAIN.)
  FASP_TIMEOUT = 2,
  // Nobody listens there.
  FASP_CONNECTION_REFUSED = 3,
  // The peer's process or host went away.
  FASP_CONNECTION_LOST = 4,
  // Nothing was heard for outage.timeout.
  FASP_OUTAGE = 5,
  // Access key or certificate not accepted.
  FASP_AUTHENTICATION = 6,
  // The key does not allow this.
  FASP_PERMISSION = 7,
  // The peer's application rejected the stream.
  FASP_REJECTED = 8,
  // The peer's application aborted the stream.
  FASP_ABORTED_BY_PEER = 9,
  // This end's application aborted the stream.
  FASP_ABORTED = 10,
  // Length or digest disagree, or too many forged datagrams.
  FASP_INTEGRITY = 11,
  // The peer broke the wire format.
  FASP_PROTOCOL = 12,
  // No common version.
  FASP_VERSION = 13,
  // A value that is not allowed.
  FASP_CONFIGURATION = 14,
  // The port is taken.
  FASP_ADDRESS_IN_USE = 15,
  // A limit of sessions, memory or file descriptors is reached.
  FASP_RESOURCES = 16,
  // The operating system reported an error.
  FASP_IO = 17,
  // A bug of the engine; the process can go on.
  FASP_INTERNAL = 18,
  // The peer is closing down.
  FASP_SHUTDOWN = 19,
  // The waiting thread was interrupted.
  FASP_INTERRUPTED = 20,
  // Closed without completion where that counts as an abort.
  FASP_INCOMPLETE = 21,
  // Not within the given time; nothing has changed, and the call may be repeated.
  FASP_AGAIN = 100,
  // The verified end of the stream.
  FASP_END = 101,
  // A null pointer, a text that is no UTF-8, or a number out of range: a bug of the caller.
  FASP_INVALID = 102,
  // The caller's buffer is too small for the text; what fits was written, and the length says how much there is.
  FASP_TRUNCATED = 103,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum fasp_code fasp_code;
#else
typedef int32_t fasp_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Which way the bytes of a session go.
enum fasp_direction
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // From the client to the server.
  FASP_PUSH = 0,
  // From the server to the client.
  FASP_PULL = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum fasp_direction fasp_direction;
#else
typedef int32_t fasp_direction;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How a session shares the network.
enum fasp_policy
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Sends at the target rate whatever the network says.
  FASP_POLICY_FIXED = 0,
  // About twice the share of FASP_POLICY_FAIR.
  FASP_POLICY_HIGH = 1,
  // An equal share.
  FASP_POLICY_FAIR = 2,
  // Yields to everything else.
  FASP_POLICY_LOW = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum fasp_policy fasp_policy;
#else
typedef int32_t fasp_policy;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What carries the datagrams of a session.
enum fasp_carrier
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // UDP.
  FASP_CARRIER_UDP = 0,
  // The control connection, where UDP is blocked.
  FASP_CARRIER_TCP = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum fasp_carrier fasp_carrier;
#else
typedef int32_t fasp_carrier;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Where a session stands.
enum fasp_session_phase
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // The peer's engine has not answered yet; writing is possible already.
  FASP_OPENING = 0,
  // Bytes flow.
  FASP_OPEN = 1,
  // All of it was read by the receiving application, and the digests agreed.
  FASP_COMPLETED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum fasp_session_phase fasp_session_phase;
#else
typedef int32_t fasp_session_phase;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What limits a stream; also the index into `fasp_diagnosis.shares`.
enum fasp_limit
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // The writing application gives less than could be sent.
  FASP_LIMIT_APPLICATION_WRITE = 0,
  // The reading application takes less than arrives.
  FASP_LIMIT_APPLICATION_READ = 1,
  // The configured target rate.
  FASP_LIMIT_TARGET_RATE = 2,
  // The path: its capacity, or the share of it that the policy takes.
  FASP_LIMIT_NETWORK_CAPACITY = 3,
  // buffer.max is below what the path needs.
  FASP_LIMIT_RECEIVE_WINDOW = 4,
  // The local system takes no more datagrams.
  FASP_LIMIT_LOCAL_SOCKET_BUFFER = 5,
  // The peer's system drops datagrams before its engine sees them.
  FASP_LIMIT_PEER_SOCKET_BUFFER = 6,
  // The engine gets too little processor time.
  FASP_LIMIT_CPU = 7,
  // Nothing is heard from the peer.
  FASP_LIMIT_OUTAGE = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum fasp_limit fasp_limit;
#else
typedef int32_t fasp_limit;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What `fasp_poller_wait` reports: a set of bits.
enum fasp_ready
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Client: the server has let us in.
  FASP_READY_CONNECTED = 1,
  // Server: a session waits to be accepted.
  FASP_READY_ACCEPT = 2,
  // Session: the peer's engine has accepted it.
  FASP_READY_OPENED = 4,
  // Session: a read gives something other than FASP_AGAIN.
  FASP_READY_READABLE = 8,
  // Session: a write takes bytes again.
  FASP_READY_WRITABLE = 16,
  // It is over, whichever way. Given once, as the last.
  FASP_READY_ENDED = 32,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum fasp_ready fasp_ready;
#else
typedef int32_t fasp_ready;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What every call that can fail returns: FASP_OK or one of the other values of `fasp_code`.
typedef int32_t fasp_result;

// A configuration that is being put together. 0 is never one.
typedef int64_t fasp_config;

// A connection to a server, which carries any number of sessions. 0 is never one.
typedef int64_t fasp_client;

// A word that travels with a stream's name.
typedef struct {
  // Zero-terminated.
  const char *key;
  // Zero-terminated.
  const char *value;
} fasp_metadata;

// One stream in one direction. 0 is never one.
typedef int64_t fasp_session;

// Takes a log record. Called from the engine's threads: it must not wait, and must not call the library. `level` is 1 (error: a bug) to
// 5 (trace); `target` names the part of the engine; both texts are gone when it returns.
typedef void (*fasp_log_function)(void *user, int32_t level, const char *target, const char *message);

// Gathers what has become possible at many objects, behind one descriptor. 0 is never one.
typedef int64_t fasp_poller;

// What has become possible at one object.
typedef struct {
  // The server, client or session.
  int64_t handle;
  // What was said to `fasp_poller_watch`.
  uint64_t user;
  // Bits of `fasp_ready`.
  uint32_t ready;
  // 0.
  uint32_t reserved;
} fasp_event;

// A running server. 0 is never one.
typedef int64_t fasp_server;

// A snapshot of a server. Counters accumulate from its start.
typedef struct {
  // sizeof(fasp_server_stats), set by the caller.
  size_t size;
  // Sessions that are open now.
  uint64_t sessions_active;
  // Sessions that were opened.
  uint64_t sessions_opened;
  // Sessions that completed.
  uint64_t sessions_completed;
  // Sessions that failed, whichever way.
  uint64_t sessions_failed;
  // Sessions refused (limits, names, shutdown).
  uint64_t sessions_refused;
  // Control connections that are open and authenticated now.
  uint64_t connections;
  // Control connections that have not authenticated yet.
  uint64_t connections_half_open;
  // Handshakes that failed.
  uint64_t handshakes_failed;
  // Datagrams that came to no known session.
  uint64_t datagrams_unknown;
  // Bytes of the UDP receive buffer that the system granted.
  uint64_t udp_receive_buffer;
} fasp_server_stats;

// The proof that a stream arrived: every byte was read by the peer's application, and the digests agreed.
typedef struct {
  // sizeof(fasp_receipt), set by the caller.
  size_t size;
  // Length of the stream in bytes.
  uint64_t bytes;
  // When the session was opened, in nanoseconds since 1970 by this system's clock.
  uint64_t started_ns;
  // When completion was known at this end, likewise.
  uint64_t ended_ns;
  // From open to completion in nanoseconds, by a clock that never jumps.
  uint64_t duration_ns;
  // Stream bits per second over the whole session.
  uint64_t average_rate;
  // How many bytes of `digest` count.
  size_t digest_length;
  // Digest of the whole stream.
  uint8_t digest[64];
  // The name of the digest.
  char digest_algorithm[16];
  // Equal at both ends: 32 hexadecimal digits.
  char session_id[40];
  // The id of the access key that was proven; empty without one.
  char peer[136];
} fasp_receipt;

// A snapshot of a session. Counters accumulate from its start; times are nanoseconds, rates bits per second.
typedef struct {
  // sizeof(fasp_stats), set by the caller.
  size_t size;
  // Stream bytes handed in by the application (sender).
  uint64_t bytes_accepted;
  // Stream bytes sent at least once (sender).
  uint64_t bytes_sent;
  // Stream bytes known to have reached the peer without a gap (sender).
  uint64_t bytes_acknowledged;
  // Stream bytes that the reading application has taken; at the sender as last heard.
  uint64_t bytes_delivered;
  // Stream bytes received, without repetitions (receiver).
  uint64_t bytes_received;
  // Stream bytes received more than once (receiver).
  uint64_t bytes_duplicate;
  // Datagrams sent.
  uint64_t datagrams_sent;
  // Datagrams received.
  uint64_t datagrams_received;
  // Data datagrams declared lost (sender).
  uint64_t datagrams_lost;
  // Datagrams that repeated bytes (sender).
  uint64_t datagrams_retransmitted;
  // Datagrams received twice.
  uint64_t datagrams_duplicate;
  // Datagrams that arrived after a later one.
  uint64_t datagrams_reordered;
  // Datagrams that were not authentic.
  uint64_t datagrams_rejected;
  // Round-trip time, smoothed.
  uint64_t rtt_ns;
  // Round-trip time, the smallest.
  uint64_t rtt_min_ns;
  // Round-trip time, its variation.
  uint64_t rtt_variation_ns;
  // Time that datagrams wait in the queues of the path.
  uint64_t queueing_delay_ns;
  // Stream rate over the last quarter of a second or more.
  uint64_t current_rate;
  // Stream rate since the session began.
  uint64_t average_rate;
  // The cap that is in force; FASP_RATE_UNLIMITED for none.
  uint64_t target_rate;
  // Bytes in this end's buffer.
  uint64_t buffer_used;
  // Bytes that this end's buffer may have.
  uint64_t buffer_size;
  // Bytes of UDP payload in use.
  uint64_t datagram_size;
  // Times without any contact that the session has survived.
  uint64_t outages;
  // Bytes of memory that the engine holds for this session, about.
  uint64_t native_memory;
  // From the beginning of the session to this snapshot, or to its end.
  uint64_t elapsed_ns;
  // Data datagrams declared lost, of all that were sent; 0 to 1.
  double loss_ratio;
  // A value of `fasp_policy`.
  int32_t policy;
  // A value of `fasp_carrier`.
  int32_t carrier;
} fasp_stats;

// What limits a stream.
typedef struct {
  // sizeof(fasp_diagnosis), set by the caller.
  size_t size;
  // The limit that is active now: a value of `fasp_limit`.
  int32_t limit;
  // 0.
  int32_t reserved;
  // The share of the session's time that each limit had, 0 to 1, indexed by `fasp_limit`.
  double shares[FASP_LIMIT_COUNT];
  // One English sentence.
  char sentence[160];
} fasp_diagnosis;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Connects and waits until the server has let us in, at most connect.timeout. `config` 0 stands for the defaults; it is copied. To be closed
// with `fasp_client_close`.
//
// # Safety
// `client` points to a place for a handle.
fasp_result fasp_client_connect(fasp_config config,
                                fasp_client *client);

// Starts to connect and returns at once; FASP_READY_CONNECTED or FASP_READY_ENDED follows. Sessions may be opened meanwhile.
//
// # Safety
// `client` points to a place for a handle.
fasp_result fasp_client_start(fasp_config config,
                              fasp_client *client);

// FASP_OK if the server has let us in, FASP_AGAIN while connecting, else why there will be no connection (any more).
fasp_result fasp_client_state(fasp_client client);

// Opens a session and waits until the server has accepted it, at most connect.timeout. `direction` is a value of `fasp_direction`; `metadata`
// may be null if `count` is 0. To be closed with `fasp_session_close`.
//
// # Safety
// `stream` is a zero-terminated string, `metadata` has `count` entries, `session` points to a place for a handle.
fasp_result fasp_client_open(fasp_client client,
                             int32_t direction,
                             const char *stream,
                             const fasp_metadata *metadata,
                             size_t count,
                             fasp_session *session);

// Starts to open a session and returns at once; FASP_READY_OPENED or FASP_READY_ENDED follows at the session. Otherwise like
// `fasp_client_open`.
//
// # Safety
// As `fasp_client_open`.
fasp_result fasp_client_start_open(fasp_client client,
                                   int32_t direction,
                                   const char *stream,
                                   const fasp_metadata *metadata,
                                   size_t count,
                                   fasp_session *session);

// Aborts the sessions that run, says good-bye, ends, and releases the handle. Waits at most a second for the words to be sent.
fasp_result fasp_client_close(fasp_client client);

// Makes a configuration that has the defaults. To be freed with `fasp_config_free`.
//
// # Safety
// `config` points to a place for a handle.
fasp_result fasp_config_new(fasp_config *config);

// Frees a configuration. What was started with it goes on.
fasp_result fasp_config_free(fasp_config config);

// Sets a key of conf/faspstream.properties, such as "target.rate" to "500mbit". An empty value leaves the key as it is. FASP_CONFIGURATION
// for an unknown key or a bad value; the words name what is allowed.
//
// # Safety
// `key` and `value` are zero-terminated strings.
fasp_result fasp_config_set(fasp_config config,
                            const char *key,
                            const char *value);

// Reads a properties file over what is set.
//
// # Safety
// `path` is a zero-terminated string.
fasp_result fasp_config_load(fasp_config config, const char *path);

// Adds an access key: a server accepts every key that was added, a client proves the last one.
//
// # Safety
// `id` and `secret` are zero-terminated strings.
fasp_result fasp_config_add_access_key(fasp_config config, const char *id, const char *secret);

// The words of the calling thread's last failure, in UTF-8, for a human; never null, empty if nothing has failed yet. Valid until the
// next failure on this thread. FASP_AGAIN, FASP_END and FASP_TRUNCATED leave the words as they are.
const char *fasp_error_message(void);

// The code of the calling thread's last failure, FASP_OK if nothing has failed yet.
fasp_result fasp_error_code(void);

// Stream bytes that the reading application had taken when the session of the calling thread's last failure failed; at the sender as
// last heard.
uint64_t fasp_error_bytes_delivered(void);

// True if what failed last on the calling thread may succeed later without a change by the user.
bool fasp_error_retryable(void);

// Makes an access key with a secret of 256 random bits and writes it as "id:secret", with a zero byte at the end. FASP_TRUNCATED if
// `capacity` is too small: the length of the id and 66 bytes are enough. `length` may be null.
//
// # Safety
// `id` is a zero-terminated string, `buffer` has room for `capacity` bytes.
fasp_result fasp_access_key_generate(const char *id,
                                     char *buffer,
                                     size_t capacity,
                                     size_t *length);

// The version of the library, such as "1.0.0".
const char *fasp_version(void);

// The FASP_ABI_VERSION that the library was built with.
int32_t fasp_abi_version(void);

// Sends the engine's log to `function`, records of `level` and graver: 0 none, 1 error, 2 warning, 3 information, 4 debug, 5 trace. Null
// ends it; once the call has returned the old function is not called any more. Without this call nothing is logged.
//
// # Safety
// Any thread may call `function` with `user` until another one was set.
fasp_result fasp_log_set(fasp_log_function function,
                         void *user,
                         int32_t level);

// Makes a poller. To be closed with `fasp_poller_close`.
//
// # Safety
// `poller` points to a place for a handle.
fasp_result fasp_poller_new(fasp_poller *poller);

// The wake-up descriptor: readable while `fasp_poller_wait` has something to give. For poll, select, epoll or kqueue; it belongs to the
// poller and must not be read, written or closed.
//
// # Safety
// `descriptor` points to a place for a number.
fasp_result fasp_poller_descriptor(fasp_poller poller,
                                   int32_t *descriptor);

// Has the poller report what becomes possible at a server, client or session, beginning with what is possible already. An object
// reports to one poller, the last that was named. Reports are edges: READABLE comes once after a read that gave FASP_AGAIN, WRITABLE
// once after a write that did. `user` comes back with every event.
fasp_result fasp_poller_watch(fasp_poller poller,
                              int64_t object,
                              uint64_t user);

// Waits up to `timeout_ms` milliseconds (negative: for ever, 0: not at all) for the first event and takes at most `capacity` events. FASP_AGAIN
// if there was none in time. An event of an object that was closed meanwhile may still come.
//
// # Safety
// `events` has room for `capacity` events, `count` for a number.
fasp_result fasp_poller_wait(fasp_poller poller,
                             fasp_event *events,
                             size_t capacity,
                             int64_t timeout_ms,
                             size_t *count);

// Ends a poller: a wait that runs ends with FASP_CLOSED, what it watched goes on unwatched, its descriptor is closed.
fasp_result fasp_poller_close(fasp_poller poller);

// Binds the ports and starts to serve. `config` 0 stands for the defaults; it is copied. To be closed with `fasp_server_close`.
//
// # Safety
// `server` points to a place for a handle.
fasp_result fasp_server_start(fasp_config config,
                              fasp_server *server);

// The address and port of the control channel as bound, such as "127.0.0.1:33001" or "[::1]:33001". `length` may be null.
//
// # Safety
// `buffer` has room for `capacity` bytes.
fasp_result fasp_server_address(fasp_server server,
                                char *buffer,
                                size_t capacity,
                                size_t *length);

// The control port as bound, also when 0 was asked for.
//
// # Safety
// `port` points to a place for a port.
fasp_result fasp_server_tcp_port(fasp_server server, uint16_t *port);

// The data port as bound.
//
// # Safety
// `port` points to a place for a port.
fasp_result fasp_server_udp_port(fasp_server server, uint16_t *port);

// What clients may set as `tls.pin`: "sha256:" and 64 hexadecimal digits over the public key in this server's certificate. Without `tls.cert`
// the key is another one at each start. `length` may be null.
//
// # Safety
// `buffer` has room for `capacity` bytes.
fasp_result fasp_server_key_pin(fasp_server server,
                                char *buffer,
                                size_t capacity,
                                size_t *length);

// Waits up to `timeout_ms` milliseconds (negative: for ever, 0: not at all) for the next session that a client opens. FASP_AGAIN if there is
// none in time, FASP_CLOSED once the server was closed. To be closed with `fasp_session_close`.
//
// # Safety
// `session` points to a place for a handle.
fasp_result fasp_server_accept(fasp_server server,
                               int64_t timeout_ms,
                               fasp_session *session);

// A snapshot of the counters.
//
// # Safety
// `stats` points to a record with its size set.
fasp_result fasp_server_get_stats(fasp_server server, fasp_server_stats *stats);

// Caps the sum over all sessions from now on, in bits per second; FASP_RATE_UNLIMITED takes the cap away.
fasp_result fasp_server_set_target_rate(fasp_server server, uint64_t bits_per_second);

// Opens no session any more, waits up to `grace_ms` milliseconds for those that run, aborts the rest, ends, and releases the handle. Calls
// that wait at the server in other threads end with FASP_CLOSED.
fasp_result fasp_server_close(fasp_server server,
                              uint64_t grace_ms);

// 32 hexadecimal digits, equal at both ends; empty while opening. `length` may be null.
//
// # Safety
// `buffer` has room for `capacity` bytes.
fasp_result fasp_session_id(fasp_session session, char *buffer, size_t capacity, size_t *length);

// The name of the stream, as the client gave it. `length` may be null.
//
// # Safety
// `buffer` has room for `capacity` bytes.
fasp_result fasp_session_stream(fasp_session session, char *buffer, size_t capacity, size_t *length);

// The id of the access key that both ends proved; empty without one. `length` may be null.
//
// # Safety
// `buffer` has room for `capacity` bytes.
fasp_result fasp_session_principal(fasp_session session, char *buffer, size_t capacity, size_t *length);

// The peer's address and port on the control channel. `length` may be null.
//
// # Safety
// `buffer` has room for `capacity` bytes.
fasp_result fasp_session_remote_address(fasp_session session, char *buffer, size_t capacity, size_t *length);

// What the client said about the stream under `key`; FASP_INVALID if there is no such key. `length` may be null.
//
// # Safety
// `key` is a zero-terminated string, `buffer` has room for `capacity` bytes.
fasp_result fasp_session_metadata(fasp_session session,
                                  const char *key,
                                  char *buffer,
                                  size_t capacity,
                                  size_t *length);

// A value of `fasp_direction`.
//
// # Safety
// `direction` points to a place for a number.
fasp_result fasp_session_direction(fasp_session session, int32_t *direction);

// True if this end writes.
//
// # Safety
// `is_sender` points to a place for a truth value.
fasp_result fasp_session_is_sender(fasp_session session, bool *is_sender);

// Where the session stands: a value of `fasp_session_phase`. If it has failed, the code says why.
//
// # Safety
// `phase` points to a place for a number.
fasp_result fasp_session_state(fasp_session session, int32_t *phase);

// Waits until the session is open (or over). FASP_AGAIN if it takes longer; it goes on opening then.
fasp_result fasp_session_wait_open(fasp_session session, int64_t timeout_ms);

// The receipt of a completed session; FASP_AGAIN while it is not over, else why it failed.
//
// # Safety
// `receipt` points to a record with its size set.
fasp_result fasp_session_receipt(fasp_session session, fasp_receipt *receipt);

// Counters and estimates, at most about 50 ms old.
//
// # Safety
// `stats` points to a record with its size set.
fasp_result fasp_session_stats(fasp_session session, fasp_stats *stats);

// What limits the stream now, and what did so far.
//
// # Safety
// `diagnosis` points to a record with its size set.
fasp_result fasp_session_diagnose(fasp_session session, fasp_diagnosis *diagnosis);

// Changes the cap, in bits per second; FASP_RATE_UNLIMITED for none. At the receiving end the sender is asked to.
fasp_result fasp_session_set_target_rate(fasp_session session,
                                         uint64_t bits_per_second);

// Changes the floor under the adaptive policies, in bits per second. At the receiving end the sender is asked to.
fasp_result fasp_session_set_min_rate(fasp_session session,
                                      uint64_t bits_per_second);

// Changes the policy to a value of `fasp_policy`. At the receiving end the sender is asked to.
fasp_result fasp_session_set_policy(fasp_session session, int32_t policy);

// Ends the session because its stream is not wanted; the peer gets FASP_REJECTED and `reason` (cut at 512 bytes).
//
// # Safety
// `reason` is a zero-terminated string.
fasp_result fasp_session_reject(fasp_session session,
                                const char *reason);

// Ends the session without completion; the peer gets FASP_ABORTED_BY_PEER and `reason` (cut at 512 bytes). Nothing happens if it is over
// already. The handle stays, and still has to be closed.
//
// # Safety
// `reason` is a zero-terminated string.
fasp_result fasp_session_abort(fasp_session session,
                               const char *reason);

// Ends the use of the session and releases the handle. A session that has not completed is aborted by that; the call waits shortly until
// the peer has been told. Calls that wait at the session in other threads end with FASP_CLOSED.
fasp_result fasp_session_close(fasp_session session);

// Reads at least one byte and at most `length`, waiting for it up to `timeout_ms` milliseconds (negative: for ever, 0: not at all). FASP_END
// is the verified end of the stream, FASP_AGAIN tells that nothing came in time. `count` gets the number of bytes.
//
// # Safety
// `data` has room for `length` bytes, `count` points to a place for a number.
fasp_result fasp_session_read(fasp_session session,
                              uint8_t *data,
                              size_t length,
                              int64_t timeout_ms,
                              size_t *count);

// Writes at least one byte of `data`, waiting for room up to `timeout_ms` milliseconds (negative: for ever, 0: not at all), and tells in `count`
// how many were taken. FASP_AGAIN if there was no room in time.
//
// # Safety
// `data` has `length` bytes, `count` points to a place for a number.
fasp_result fasp_session_write(fasp_session session,
                               const uint8_t *data,
                               size_t length,
                               int64_t timeout_ms,
                               size_t *count);

// Writes all of `data`, waiting for room for as long as it takes.
//
// # Safety
// `data` has `length` bytes.
fasp_result fasp_session_write_all(fasp_session session, const uint8_t *data, size_t length);

// Bytes that can be read, or written, without waiting.
//
// # Safety
// `count` points to a place for a number.
fasp_result fasp_session_available(fasp_session session, size_t *count);

// Lets a partly filled datagram go now.
fasp_result fasp_session_flush(fasp_session session);

// Ends the stream that this end writes and returns at once; FASP_READY_ENDED follows, and `fasp_session_receipt` has the receipt then.
fasp_result fasp_session_finish(fasp_session session);

// Ends the stream that this end writes and waits until the peer's application has read all of it and the digests agreed. FASP_AGAIN if
// that takes longer than `timeout_ms` milliseconds (negative: for ever): the call may be repeated. `receipt` may be null.
//
// # Safety
// `receipt` is null or points to a record with its size set.
fasp_result fasp_session_complete(fasp_session session,
                                  int64_t timeout_ms,
                                  fasp_receipt *receipt);

// Takes the confirmation into the reading application's hands: the writer's complete returns only after `fasp_session_confirm` here. For
// readers that can fail after the last byte (a file that is renamed). To be called before the last byte is read.
fasp_result fasp_session_hold_completion(fasp_session session);

// Confirms a stream that was read to FASP_END, and waits until the writer is being told. `timeout_ms` and `receipt` as with
// `fasp_session_complete`.
//
// # Safety
// `receipt` is null or points to a record with its size set.
fasp_result fasp_session_confirm(fasp_session session,
                                 int64_t timeout_ms,
                                 fasp_receipt *receipt);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FASPSTREAM_H */
