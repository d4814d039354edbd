/* What C programs rely on; every law prints a line, and the first that is broken ends the program with 1. */
#include <faspstream.h>

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(condition) holds((condition), #condition, __LINE__)
#define WELL(call) well((call), #call, __LINE__)

static void holds(bool condition, const char *what, int line) {
    if (condition) return;
    fprintf(stderr, "laws.c:%d: not true: %s; last failure: %s\n", line, what, fasp_error_message());
    exit(1);
}

static void well(fasp_result code, const char *what, int line) {
    if (code == FASP_OK) return;
    fprintf(stderr, "laws.c:%d: %s gave %d: %s\n", line, what, (int)code, fasp_error_message());
    exit(1);
}

struct pair {
    fasp_server server;
    fasp_client client;
};

static const size_t LENGTH = 3u << 20;

static uint8_t byte_at(size_t at) { return (uint8_t)(at * 2654435761u >> 13); }

static fasp_config with_key(const char *secret, uint16_t port) {
    fasp_config config;
    char digits[8];
    snprintf(digits, sizeof digits, "%u", port);
    WELL(fasp_config_new(&config));
    WELL(fasp_config_set(config, "tcp.port", digits));
    WELL(fasp_config_set(config, "udp.port", "0"));
    WELL(fasp_config_set(config, "connect.timeout", "60s"));
    WELL(fasp_config_add_access_key(config, "law", secret));
    return config;
}

static struct pair begin(void) {
    struct pair pair;
    uint16_t port;
    fasp_config config = with_key("a secret that is long", 0);
    WELL(fasp_server_start(config, &pair.server));
    WELL(fasp_config_free(config));
    WELL(fasp_server_tcp_port(pair.server, &port));
    config = with_key("a secret that is long", port);
    WELL(fasp_client_connect(config, &pair.client));
    WELL(fasp_config_free(config));
    return pair;
}

static void end(struct pair pair) {
    WELL(fasp_client_close(pair.client));
    WELL(fasp_server_close(pair.server, 0));
}

/* Reads what is pushed and compares it; the thread of a server. */
static void *take(void *argument) {
    fasp_server server = *(fasp_server *)argument;
    fasp_session session;
    static uint8_t chunk[70001];
    char text[64];
    size_t count, length, total = 0;
    bool is_sender;
    fasp_receipt receipt = {.size = sizeof receipt};
    WELL(fasp_server_accept(server, FASP_FOREVER, &session));
    WELL(fasp_session_stream(session, text, sizeof text, NULL));
    HOLDS(strcmp(text, "läw") == 0);
    WELL(fasp_session_metadata(session, "colour", text, sizeof text, &length));
    HOLDS(strcmp(text, "blue") == 0 && length == 4);
    HOLDS(fasp_session_metadata(session, "sound", text, sizeof text, NULL) == FASP_INVALID);
    HOLDS(fasp_session_principal(session, text, 3, &length) == FASP_TRUNCATED && length == 3 && strcmp(text, "la") == 0);
    WELL(fasp_session_is_sender(session, &is_sender));
    HOLDS(!is_sender);
    for (;;) {
        fasp_result code = fasp_session_read(session, chunk, sizeof chunk, FASP_FOREVER, &count);
        if (code == FASP_END) break;
        WELL(code);
        for (size_t i = 0; i < count; i++) HOLDS(chunk[i] == byte_at(total + i));
        total += count;
    }
    HOLDS(total == LENGTH);
    WELL(fasp_session_confirm(session, FASP_FOREVER, &receipt));
    HOLDS(receipt.bytes == LENGTH && strcmp(receipt.peer, "law") == 0);
    WELL(fasp_session_close(session));
    return NULL;
}

static uint8_t *stream_bytes(void) {
    uint8_t *data = malloc(LENGTH);
    HOLDS(data != NULL);
    for (size_t i = 0; i < LENGTH; i++) data[i] = byte_at(i);
    return data;
}

static void a_push_returns_when_the_other_application_has_read_it_all(void) {
    struct pair pair = begin();
    pthread_t reader;
    fasp_session session;
    fasp_metadata words[] = {{"colour", "blue"}};
    fasp_receipt receipt = {.size = sizeof receipt};
    fasp_stats stats = {.size = sizeof stats};
    fasp_diagnosis diagnosis = {.size = sizeof diagnosis};
    fasp_server_stats server_stats = {.size = sizeof server_stats};
    uint8_t *data = stream_bytes();
    double sum = 0;
    HOLDS(pthread_create(&reader, NULL, take, &pair.server) == 0);
    WELL(fasp_client_open(pair.client, FASP_PUSH, "läw", words, 1, &session));
    WELL(fasp_session_write_all(session, data, LENGTH));
    WELL(fasp_session_complete(session, FASP_FOREVER, &receipt));
    HOLDS(receipt.bytes == LENGTH && strlen(receipt.session_id) == 32 && receipt.digest_length >= 16);
    HOLDS(receipt.ended_ns >= receipt.started_ns && receipt.duration_ns > 0);
    WELL(fasp_session_stats(session, &stats));
    HOLDS(stats.bytes_accepted == LENGTH && stats.bytes_delivered == LENGTH && stats.datagram_size > 0);
    HOLDS(stats.target_rate == FASP_RATE_UNLIMITED && stats.policy == FASP_POLICY_FAIR);
    WELL(fasp_session_diagnose(session, &diagnosis));
    for (size_t i = 0; i < FASP_LIMIT_COUNT; i++) sum += diagnosis.shares[i];
    HOLDS(sum < 1.01 && diagnosis.sentence[0] != 0);
    HOLDS(pthread_join(reader, NULL) == 0);
    WELL(fasp_server_get_stats(pair.server, &server_stats));
    HOLDS(server_stats.sessions_opened == 1);
    WELL(fasp_session_close(session));
    free(data);
    end(pair);
}

static void wait_for(fasp_poller poller, int64_t handle, uint32_t wanted) {
    int descriptor;
    struct pollfd waiting;
    fasp_event events[4];
    size_t count;
    uint32_t seen = 0;
    WELL(fasp_poller_descriptor(poller, &descriptor));
    waiting = (struct pollfd){.fd = descriptor, .events = POLLIN};
    while ((seen & (wanted | FASP_READY_ENDED)) == 0) {
        HOLDS(poll(&waiting, 1, 60000) == 1);
        WELL(fasp_poller_wait(poller, events, 4, 0, &count));
        for (size_t i = 0; i < count; i++) {
            HOLDS(events[i].user == (uint64_t)events[i].handle);
            if (events[i].handle == handle) seen |= events[i].ready;
        }
    }
}

static void one_thread_moves_a_stream_with_the_wake_up_descriptor_alone(void) {
    struct pair pair = begin();
    fasp_poller poller;
    fasp_session writer, reader = 0;
    uint8_t *data = stream_bytes();
    static uint8_t chunk[65536];
    size_t sent = 0, got = 0, count;
    bool ended = false, finished = false;
    fasp_event events[8];
    fasp_receipt receipt = {.size = sizeof receipt};
    WELL(fasp_poller_new(&poller));
    WELL(fasp_client_start_open(pair.client, FASP_PUSH, "polled", NULL, 0, &writer));
    WELL(fasp_poller_watch(poller, pair.server, (uint64_t)pair.server));
    wait_for(poller, pair.server, FASP_READY_ACCEPT);
    WELL(fasp_server_accept(pair.server, 0, &reader));
    WELL(fasp_poller_watch(poller, writer, (uint64_t)writer));
    WELL(fasp_poller_watch(poller, reader, (uint64_t)reader));
    while (!ended) {
        bool moved = false;
        fasp_result code;
        if (sent < LENGTH) {
            code = fasp_session_write(writer, data + sent, LENGTH - sent, 0, &count);
            HOLDS(code == FASP_OK || code == FASP_AGAIN);
            sent += count;
            moved = moved || count > 0;
        } else if (!finished) {
            WELL(fasp_session_finish(writer));
            finished = true;
        }
        code = fasp_session_read(reader, chunk, sizeof chunk, 0, &count);
        HOLDS(code == FASP_OK || code == FASP_AGAIN || code == FASP_END);
        HOLDS(memcmp(chunk, data + got, count) == 0);
        got += count;
        ended = code == FASP_END;
        if (!ended && count == 0 && !moved) WELL(fasp_poller_wait(poller, events, 8, 60000, &count));
    }
    HOLDS(got == LENGTH);
    WELL(fasp_session_complete(writer, FASP_FOREVER, &receipt));
    HOLDS(receipt.bytes == LENGTH);
    WELL(fasp_session_close(writer));
    WELL(fasp_session_close(reader));
    WELL(fasp_poller_close(poller));
    HOLDS(fasp_poller_wait(poller, events, 8, 0, &count) == FASP_CLOSED);
    free(data);
    end(pair);
}

static void a_stale_handle_or_one_of_another_kind_is_an_error(void) {
    struct pair pair = begin();
    fasp_session session;
    size_t count;
    uint8_t byte = 1;
    int32_t phase;
    WELL(fasp_client_open(pair.client, FASP_PUSH, "stale", NULL, 0, &session));
    HOLDS(fasp_session_state(pair.client, &phase) == FASP_CLOSED);
    HOLDS(fasp_client_close(session) == FASP_CLOSED);
    WELL(fasp_session_state(session, &phase));
    WELL(fasp_session_close(session));
    HOLDS(fasp_session_write(session, &byte, 1, FASP_FOREVER, &count) == FASP_CLOSED);
    HOLDS(fasp_session_close(session) == FASP_CLOSED);
    HOLDS(strstr(fasp_error_message(), "session") != NULL && fasp_error_code() == FASP_CLOSED);
    HOLDS(fasp_session_close(0) == FASP_CLOSED && fasp_session_close(-1) == FASP_CLOSED);
    HOLDS(fasp_session_close(INT64_MAX) == FASP_CLOSED && fasp_server_close(INT64_MIN, 0) == FASP_CLOSED);
    end(pair);
}

static void nonsense_is_refused_in_words(void) {
    struct pair pair = begin();
    fasp_config config;
    fasp_session session;
    size_t count;
    fasp_stats stats = {.size = 0};
    WELL(fasp_config_new(&config));
    HOLDS(fasp_config_set(config, "tcp.prot", "1") == FASP_CONFIGURATION);
    HOLDS(strstr(fasp_error_message(), "tcp.port") != NULL);
    HOLDS(fasp_config_set(config, NULL, "1") == FASP_INVALID);
    HOLDS(fasp_config_set(config, "host", "\xff") == FASP_INVALID);
    HOLDS(fasp_config_load(config, "/no/such/file") == FASP_CONFIGURATION);
    HOLDS(fasp_server_start(config, NULL) == FASP_INVALID);
    WELL(fasp_config_free(config));
    HOLDS(fasp_client_open(pair.client, 7, "x", NULL, 0, &session) == FASP_INVALID);
    HOLDS(fasp_client_open(pair.client, FASP_PUSH, "x", NULL, 1, &session) == FASP_INVALID);
    WELL(fasp_client_open(pair.client, FASP_PUSH, "x", NULL, 0, &session));
    HOLDS(fasp_session_stats(session, &stats) == FASP_INVALID);
    HOLDS(fasp_session_write(session, NULL, 1, 0, &count) == FASP_INVALID);
    HOLDS(fasp_session_set_policy(session, 9) == FASP_INVALID);
    HOLDS(fasp_session_read(session, (uint8_t *)&count, 1, 0, &count) == FASP_CONFIGURATION);
    WELL(fasp_session_abort(session, "enough"));
    WELL(fasp_session_close(session));
    end(pair);
}

static void a_wrong_key_is_an_authentication_error(void) {
    struct pair pair = begin();
    fasp_client client;
    uint16_t port;
    fasp_config config;
    WELL(fasp_server_tcp_port(pair.server, &port));
    config = with_key("a secret that is wrong", port);
    HOLDS(fasp_client_connect(config, &client) == FASP_AUTHENTICATION);
    HOLDS(!fasp_error_retryable());
    WELL(fasp_config_free(config));
    end(pair);
}

static void a_client_stays_only_with_a_server_whose_key_is_pinned(void) {
    struct pair pair = begin();
    fasp_client client;
    uint16_t port;
    char pin[80], other[80];
    size_t length;
    WELL(fasp_server_tcp_port(pair.server, &port));
    WELL(fasp_server_key_pin(pair.server, pin, sizeof pin, &length));
    HOLDS(length == 71 && strncmp(pin, "sha256:", 7) == 0);
    fasp_config config = with_key("a secret that is long", port);
    WELL(fasp_config_set(config, "tls.pin", pin));
    WELL(fasp_client_connect(config, &client));
    WELL(fasp_client_close(client));
    strcpy(other, pin);
    other[70] = other[70] == '0' ? '1' : '0';
    WELL(fasp_config_set(config, "tls.pin", other));
    HOLDS(fasp_client_connect(config, &client) == FASP_AUTHENTICATION);
    HOLDS(strstr(fasp_error_message(), "tls.pin") != NULL);
    HOLDS(fasp_config_set(config, "tls.pin", "00") == FASP_CONFIGURATION);
    WELL(fasp_config_free(config));
    end(pair);
}

static void a_client_may_ask_for_a_cryptographic_digest(void) {
    struct pair pair = begin();
    pthread_t reader;
    fasp_client client;
    fasp_session session;
    fasp_receipt receipt = {.size = sizeof receipt};
    uint16_t port;
    uint8_t *data = stream_bytes();
    WELL(fasp_server_tcp_port(pair.server, &port));
    fasp_config config = with_key("a secret that is long", port);
    HOLDS(fasp_config_set(config, "digest", "md5") == FASP_CONFIGURATION);
    WELL(fasp_config_set(config, "digest", "blake3"));
    WELL(fasp_client_connect(config, &client));
    WELL(fasp_config_free(config));
    HOLDS(pthread_create(&reader, NULL, take, &pair.server) == 0);
    fasp_metadata words[] = {{"colour", "blue"}};
    WELL(fasp_client_open(client, FASP_PUSH, "läw", words, 1, &session));
    WELL(fasp_session_write_all(session, data, LENGTH));
    WELL(fasp_session_complete(session, FASP_FOREVER, &receipt));
    HOLDS(pthread_join(reader, NULL) == 0);
    HOLDS(receipt.digest_length == FASP_DIGEST_LENGTH_MAX && strcmp(receipt.digest_algorithm, "BLAKE3") == 0);
    WELL(fasp_session_close(session));
    WELL(fasp_client_close(client));
    free(data);
    end(pair);
}

static void a_reader_never_takes_an_aborted_stream_for_a_whole_one(void) {
    struct pair pair = begin();
    fasp_session writer, reader;
    uint8_t data[1000] = {0};
    size_t count;
    fasp_result code;
    WELL(fasp_client_open(pair.client, FASP_PUSH, "half", NULL, 0, &writer));
    WELL(fasp_server_accept(pair.server, 60000, &reader));
    WELL(fasp_session_write_all(writer, data, sizeof data));
    WELL(fasp_session_abort(writer, "the source broke"));
    do code = fasp_session_read(reader, data, sizeof data, FASP_FOREVER, &count);
    while (code == FASP_OK);
    HOLDS(code == FASP_ABORTED_BY_PEER);
    HOLDS(strstr(fasp_error_message(), "the source broke") != NULL);
    WELL(fasp_session_close(writer));
    WELL(fasp_session_close(reader));
    end(pair);
}

static void *block(void *argument) {
    fasp_session session;
    return (void *)(intptr_t)fasp_server_accept(*(fasp_server *)argument, FASP_FOREVER, &session);
}

static void a_close_wakes_who_waits(void) {
    struct pair pair = begin();
    pthread_t waiter;
    void *code;
    fasp_session session;
    HOLDS(fasp_server_accept(pair.server, 0, &session) == FASP_AGAIN);
    HOLDS(fasp_server_accept(pair.server, 1, &session) == FASP_AGAIN);
    HOLDS(pthread_create(&waiter, NULL, block, &pair.server) == 0);
    end(pair);
    HOLDS(pthread_join(waiter, &code) == 0);
    HOLDS((intptr_t)code == FASP_CLOSED);
}

static void count_record(void *user, int32_t level, const char *target, const char *message) {
    if (level >= 1 && target[0] && message[0]) __atomic_add_fetch((int *)user, 1, __ATOMIC_SEQ_CST);
}

static void the_engine_logs_where_it_is_told_to(void) {
    int records = 0;
    char key[128];
    HOLDS(fasp_log_set(count_record, &records, 9) == FASP_INVALID);
    WELL(fasp_log_set(count_record, &records, 5));
    end(begin());
    WELL(fasp_log_set(NULL, NULL, 0));
    HOLDS(__atomic_load_n(&records, __ATOMIC_SEQ_CST) > 0);
    WELL(fasp_access_key_generate("cam", key, sizeof key, NULL));
    HOLDS(strncmp(key, "cam:", 4) == 0 && strlen(key) == 4 + 64);
    HOLDS(fasp_abi_version() == FASP_ABI_VERSION && fasp_version()[0] == '1');
}

#define LAW(name) (name(), puts(#name))

int main(void) {
    LAW(a_push_returns_when_the_other_application_has_read_it_all);
    LAW(one_thread_moves_a_stream_with_the_wake_up_descriptor_alone);
    LAW(a_stale_handle_or_one_of_another_kind_is_an_error);
    LAW(nonsense_is_refused_in_words);
    LAW(a_wrong_key_is_an_authentication_error);
    LAW(a_client_stays_only_with_a_server_whose_key_is_pinned);
    LAW(a_client_may_ask_for_a_cryptographic_digest);
    LAW(a_reader_never_takes_an_aborted_stream_for_a_whole_one);
    LAW(a_close_wakes_who_waits);
    LAW(the_engine_logs_where_it_is_told_to);
    return 0;
}
