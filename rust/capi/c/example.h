/* What the two examples share: options, names, ends. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <faspstream.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 * 1024 };

static void usage(const char *text) {
    fputs(text, stderr);
    exit(2);
}

/* Ends the program unless it went well, with the words of the library. */
static void must(fasp_result code) {
    if (code == FASP_OK) return;
    fprintf(stderr, "error: %s\n", fasp_error_message());
    exit(1);
}

/* "ID:SECRET" into the configuration. */
static void set_key(fasp_config config, const char *text) {
    char id[129];
    const char *colon = strchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof id) usage("--key is not of the form ID:SECRET\n");
    snprintf(id, sizeof id, "%.*s", (int)(colon - text), text);
    must(fasp_config_add_access_key(config, id, colon + 1));
}

/* "KEY=VALUE", as in conf/faspstream.properties, into the configuration. */
static void set_any(fasp_config config, const char *text) {
    char key[64];
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= sizeof key) usage("--set is not of the form KEY=VALUE\n");
    snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
    must(fasp_config_set(config, key, equals + 1));
}

/* Takes an option that both programs have; false if it is another one. */
static bool common_option(fasp_config config, const char *name, const char *value) {
    if (strcmp(name, "--host") == 0) must(fasp_config_set(config, "host", value));
    else if (strcmp(name, "--port") == 0) must(fasp_config_set(config, "tcp.port", value));
    else if (strcmp(name, "--key") == 0) set_key(config, value);
    else if (strcmp(name, "--set") == 0) set_any(config, value);
    else return false;
    return true;
}

#endif
