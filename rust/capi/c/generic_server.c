/* A server that stores the streams that clients push as files of a directory, and gives them to those that pull.
 *
 * The order of things: put a configuration together, start, accept a session, which is one stream, give it to a thread, accept the next. */
#include "example.h"

#include <pthread.h>
#include <signal.h>

static const char USAGE[] =
    "usage: generic_server --dir DIR [options]\n"
    "  --dir DIR        keep streams as files there\n"
    "  --host ADDR      address to listen on (default 127.0.0.1); any but loopback needs a key\n"
    "  --port N         TCP port, 0 = any free one (default 33001)\n"
    "  --udp-port N     UDP port, 0 = any free one (default 33001)\n"
    "  --key ID:SECRET  the access key that clients have to prove\n"
    "  --set KEY=VALUE  any key of conf/faspstream.properties\n"
    "  --once           serve one session, then end: 0 if it went well, 1 if not\n";

static const char *directory;
static volatile sig_atomic_t stopping;

static void on_signal(int number) {
    (void)number;
    stopping = 1;
}

/* One plain component: nothing hidden, nothing that leads elsewhere. */
static bool is_plain(const char *name) { return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) < 200; }

static bool store(fasp_session session, const char *name, FILE *file) {
    unsigned char *chunk = malloc(CHUNK);
    fasp_result code = FASP_RESOURCES;
    size_t count;
    while (chunk && (code = fasp_session_read(session, chunk, CHUNK, FASP_FOREVER, &count)) == FASP_OK) {
        if (fwrite(chunk, 1, count, file) == count) continue;
        fasp_session_abort(session, "the stream could not be stored");
        break;
    }
    free(chunk);
    if (code != FASP_END) fprintf(stderr, "push '%s' failed: %s\n", name, fasp_error_message());
    return code == FASP_END;
}

static bool take(fasp_session session, const char *name) {
    char id[64], partial[4096], path[4096];
    FILE *file;
    bool whole;
    fasp_receipt receipt = {.size = sizeof receipt};
    must(fasp_session_id(session, id, sizeof id, NULL));
    snprintf(partial, sizeof partial, "%s/.%s.part", directory, id);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    /* The client's complete shall return only when the file stands under its name. */
    fasp_session_hold_completion(session);
    file = fopen(partial, "wb");
    if (!file) {
        fasp_session_reject(session, "the stream cannot be stored here");
        return false;
    }
    whole = store(session, name, file);
    whole = fclose(file) == 0 && whole && rename(partial, path) == 0;
    if (!whole) {
        remove(partial);
        return false;
    }
    return fasp_session_confirm(session, FASP_FOREVER, &receipt) == FASP_OK;
}

static bool give(fasp_session session, const char *name) {
    char path[4096];
    unsigned char *chunk;
    FILE *file;
    size_t count;
    bool well;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "rb");
    if (!file) {
        fasp_session_reject(session, "there is no such stream here");
        return false;
    }
    chunk = malloc(CHUNK);
    well = chunk != NULL;
    while (well && (count = fread(chunk, 1, CHUNK, file)) > 0) well = fasp_session_write_all(session, chunk, count) == FASP_OK;
    well = well && !ferror(file) && fasp_session_complete(session, FASP_FOREVER, NULL) == FASP_OK;
    if (!well) {
        fprintf(stderr, "pull '%s' failed: %s\n", name, fasp_error_message());
        fasp_session_abort(session, "the stream could not be given to its end");
    }
    free(chunk);
    fclose(file);
    return well;
}

static bool serve(fasp_session session) {
    char name[1200];
    int32_t direction;
    bool well = false;
    must(fasp_session_stream(session, name, sizeof name, NULL));
    must(fasp_session_direction(session, &direction));
    if (is_plain(name)) well = direction == FASP_PUSH ? take(session, name) : give(session, name);
    else fasp_session_reject(session, "the name of the stream is no plain file name");
    printf("%s '%s' %s\n", direction == FASP_PUSH ? "push" : "pull", name, well ? "completed" : "failed");
    fasp_session_close(session);
    return well;
}

static void *serve_in_thread(void *session) {
    serve((fasp_session)(intptr_t)session);
    return NULL;
}

static fasp_server start(int argc, char **argv, bool *once) {
    fasp_config config;
    fasp_server server;
    must(fasp_config_new(&config));
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--once") == 0) *once = true;
        else if (!value) usage(USAGE);
        else if (strcmp(argv[i], "--dir") == 0) directory = argv[++i];
        else if (strcmp(argv[i], "--udp-port") == 0) must(fasp_config_set(config, "udp.port", argv[++i]));
        else if (common_option(config, argv[i], value)) i++;
        else usage(USAGE);
    }
    if (!directory) usage(USAGE);
    must(fasp_server_start(config, &server));
    must(fasp_config_free(config));
    return server;
}

int main(int argc, char **argv) {
    char address[64];
    uint16_t udp_port;
    bool once = false;
    fasp_server server = start(argc, argv, &once);
    must(fasp_server_address(server, address, sizeof address, NULL));
    must(fasp_server_udp_port(server, &udp_port));
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("listening on %s (TCP) and UDP port %u\n", address, udp_port);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    while (!stopping) {
        fasp_session session;
        pthread_t thread;
        fasp_result code = fasp_server_accept(server, 200, &session);
        if (code == FASP_AGAIN) continue;
        must(code);
        if (once) {
            bool well = serve(session);
            fasp_server_close(server, 1000);
            return well ? 0 : 1;
        }
        if (pthread_create(&thread, NULL, serve_in_thread, (void *)(intptr_t)session) != 0) {
            fasp_session_reject(session, "no thread is left");
            fasp_session_close(session);
            continue;
        }
        pthread_detach(thread);
    }
    fasp_server_close(server, 0);
    return 0;
}
