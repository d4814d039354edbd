/* A client that pushes a file to a server as a stream, or pulls a stream into a file.
 *
 * The order of things: put a configuration together, connect, open a session, write and complete it, or read it to FASP_END and confirm it. */
#include "example.h"

static const char USAGE[] =
    "usage: generic_client push NAME [FILE|-] | pull NAME [FILE|-] [options]\n"
    "  --host ADDR      the server's address (default 127.0.0.1)\n"
    "  --port N         the server's TCP port (default 33001)\n"
    "  --rate RATE      never faster than this, such as 500mbit\n"
    "  --policy POLICY  fixed, high, fair or low\n"
    "  --key ID:SECRET  the access key to prove\n"
    "  --set KEY=VALUE  any key of conf/faspstream.properties\n"
    "  --quiet          print errors only\n";

static bool quiet;

static void report(const char *verb, const char *name, const fasp_receipt *receipt) {
    if (quiet) return;
    fprintf(stderr, "%s '%s': %llu bytes in %.2f s, %.1f Mbit/s, %s ", verb, name, (unsigned long long)receipt->bytes,
            receipt->duration_ns / 1e9, receipt->average_rate / 1e6, receipt->digest_algorithm);
    for (size_t i = 0; i < receipt->digest_length; i++) fprintf(stderr, "%02x", receipt->digest[i]);
    fputc('\n', stderr);
}

static void push(fasp_client client, const char *name, const char *path) {
    static unsigned char chunk[CHUNK];
    fasp_session session;
    fasp_receipt receipt = {.size = sizeof receipt};
    size_t count;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    must(fasp_client_open(client, FASP_PUSH, name, NULL, 0, &session));
    while ((count = fread(chunk, 1, sizeof chunk, file)) > 0) must(fasp_session_write_all(session, chunk, count));
    if (ferror(file)) {
        /* Complete or abort: half of a file must not look like all of it. */
        perror(path);
        fasp_session_abort(session, "the file could not be read to its end");
        fasp_session_close(session);
        exit(1);
    }
    must(fasp_session_complete(session, FASP_FOREVER, &receipt));
    report("pushed", name, &receipt);
    must(fasp_session_close(session));
    fclose(file);
}

/* Reads the session into the file; false with the words printed if it fails. */
static bool pull_into(fasp_session session, FILE *file) {
    static unsigned char chunk[CHUNK];
    for (;;) {
        size_t count;
        fasp_result code = fasp_session_read(session, chunk, sizeof chunk, FASP_FOREVER, &count);
        if (code == FASP_END) return fflush(file) == 0;
        if (code != FASP_OK) {
            fprintf(stderr, "error: %s\n", fasp_error_message());
            return false;
        }
        if (fwrite(chunk, 1, count, file) != count) {
            perror("writing");
            fasp_session_abort(session, "the file could not be written");
            return false;
        }
    }
}

static void pull(fasp_client client, const char *name, const char *path) {
    char partial[4096];
    fasp_session session;
    fasp_receipt receipt = {.size = sizeof receipt};
    bool to_stdout = strcmp(path, "-") == 0;
    bool whole;
    FILE *file;
    snprintf(partial, sizeof partial, "%s.part", path);
    file = to_stdout ? stdout : fopen(partial, "wb");
    if (!file) {
        perror(partial);
        exit(1);
    }
    must(fasp_client_open(client, FASP_PULL, name, NULL, 0, &session));
    /* The server shall hear of the end only when the file stands under its name. */
    must(fasp_session_hold_completion(session));
    whole = pull_into(session, file);
    if (!to_stdout) {
        whole = fclose(file) == 0 && whole && rename(partial, path) == 0;
        if (!whole) remove(partial);
    }
    if (!whole) {
        fasp_session_close(session);
        exit(1);
    }
    must(fasp_session_confirm(session, FASP_FOREVER, &receipt));
    report("pulled", name, &receipt);
    must(fasp_session_close(session));
}

int main(int argc, char **argv) {
    const char *words[3] = {NULL, NULL, "-"};
    int count = 0;
    fasp_config config;
    fasp_client client;
    must(fasp_config_new(&config));
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--quiet") == 0) quiet = true;
        else if (strncmp(argv[i], "--", 2) != 0 && count < 3) words[count++] = argv[i];
        else if (!value) usage(USAGE);
        else if (strcmp(argv[i], "--rate") == 0) must(fasp_config_set(config, "target.rate", argv[++i]));
        else if (strcmp(argv[i], "--policy") == 0) must(fasp_config_set(config, "policy", argv[++i]));
        else if (common_option(config, argv[i], value)) i++;
        else usage(USAGE);
    }
    if (count < 2 || (strcmp(words[0], "push") != 0 && strcmp(words[0], "pull") != 0)) usage(USAGE);
    must(fasp_client_connect(config, &client));
    must(fasp_config_free(config));
    if (strcmp(words[0], "push") == 0) push(client, words[1], words[2]);
    else pull(client, words[1], words[2]);
    must(fasp_client_close(client));
    return 0;
}
