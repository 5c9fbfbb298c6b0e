/* What every test program needs: a check that names its place, and the look into JSON that a test can afford. */
#ifndef CHECK_H
#define CHECK_H

#include <campaigns8x8.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAMPAIGN "123e4567-e89b-12d3-a456-426614174000"

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                          \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

/* Checks the status of a call and that its JSON contains a text; frees the JSON. */
#define EXPECT(expected, call, text)                                                                                   \
  do {                                                                                                                 \
    char *json = NULL;                                                                                                 \
    int32_t status = (call);                                                                                           \
    if (status != (expected) || json == NULL || strstr(json, (text)) == NULL) {                                        \
      fprintf(stderr, "%s:%d: %s: %s %s\n", __FILE__, __LINE__, #call, c8x8_status_name(status), json ? json : "");    \
      exit(1);                                                                                                         \
    }                                                                                                                  \
    c8x8_string_free(json);                                                                                            \
  } while (0)

/* A client from the environment. */
static c8x8_client *new_client(const char *config) {
  c8x8_client *client = NULL;
  EXPECT(C8X8_OK, c8x8_client_new(config, &client, &json), "baseUrl");
  CHECK(client != NULL);
  return client;
}

#endif
