/* What comes from outside, handed to the exported functions: requests, settings, options, sources, and what a server
 * answers. The first character of an input says which, the rest is the text. Whatever it is: a status that has a name,
 * well-formed JSON, and nothing that a sanitizer minds.
 *
 * With FUZZER defined it is libFuzzer's (make fuzz); without, it is a program that goes through the files it is given.
 */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the server answers next. */
static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;
static char *answer;
static size_t answer_length;

static void set_answer(const char *bytes, size_t length) {
  pthread_mutex_lock(&answering);
  free(answer);
  answer = malloc(length + 1);
  CHECK(answer != NULL);
  memcpy(answer, bytes, length);
  answer_length = length;
  pthread_mutex_unlock(&answering);
}

static void answer_with(const char *status, const char *body, size_t length) {
  char head[160];
  int size =
      snprintf(head, sizeof head,
               "HTTP/1.1 %s\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %u\r\n\r\n",
               status, (unsigned)length);
  char *whole = malloc((size_t)size + length);
  CHECK(whole != NULL);
  memcpy(whole, head, (size_t)size);
  memcpy(whole + size, body, length);
  set_answer(whole, (size_t)size + length);
  free(whole);
}

/* Reads a request to its end, gives the answer, closes. */
static void *serve(void *listener) {
  for (;;) {
    char buffer[65536];
    size_t filled = 0;
    ssize_t got;
    const char *end, *field;
    int connection = accept(*(int *)listener, NULL, NULL);
    if (connection < 0)
      continue;
    while (filled < sizeof buffer - 1 && (got = recv(connection, buffer + filled, sizeof buffer - 1 - filled, 0)) > 0) {
      filled += (size_t)got;
      buffer[filled] = '\0';
      end = strstr(buffer, "\r\n\r\n");
      field = strstr(buffer, "content-length: ");
      if (end != NULL && (field == NULL || filled >= (size_t)(end + 4 - buffer) + strtoul(field + 16, NULL, 10)))
        break;
    }
    pthread_mutex_lock(&answering);
    filled = 0;
    while (filled < answer_length &&
           (got = send(connection, answer + filled, answer_length - filled, MSG_NOSIGNAL)) > 0)
      filled += (size_t)got;
    pthread_mutex_unlock(&answering);
    shutdown(connection, SHUT_WR);
    close(connection);
  }
  return NULL;
}

/* Of one input: what a server answered is remembered by a client, and the next input is not to wait for it. */
static c8x8_client *client;
static char config[256];

/* Once: the server, the settings, and a folder for the files that an input may ask for. */
static void begin(void) {
  static int listener;
  static char folder[] = "/tmp/c8x8-fuzz-XXXXXX";
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  pthread_t thread;
  if (config[0] != '\0')
    return;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(listen(listener, 64) == 0 && getsockname(listener, (struct sockaddr *)&address, &length) == 0);
  CHECK(pthread_create(&thread, NULL, serve, &listener) == 0 && pthread_detach(thread) == 0);
  CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
  /* An input that names settings must not find them outside of it. */
  unsetenv("CAMPAIGNS8X8_API_KEY");
  unsetenv("CAMPAIGNS8X8_TENANT");
  unsetenv("CAMPAIGNS8X8_BASE_URL");
  snprintf(config, sizeof config,
           "{\"apiKey\":\"eght_fuzz\",\"tenant\":\"fuzz\",\"baseUrl\":\"http://127.0.0.1:%d/v1\",\"timeoutMs\":2000,"
           "\"retry\":{\"maxAttempts\":1,\"maxRetryAfterMs\":1}}",
           ntohs(address.sin_port));
}

/* Whether a text is one JSON value, as far as brackets and strings go; every byte in UTF-8 was the library's to check.
 */
static int well_formed(const char *json) {
  char open[256];
  int depth = 0, string = 0;
  if (*json != '{')
    return 0;
  for (; *json != '\0'; json++) {
    if (string) {
      if ((unsigned char)*json < 0x20)
        return 0;
      if (*json == '"')
        string = 0;
      else if (*json == '\\' && *++json == '\0')
        return 0;
    } else if (*json == '"') {
      string = 1;
    } else if (*json == '{' || *json == '[') {
      if (depth == 256)
        return 0;
      open[depth++] = *json == '{' ? '}' : ']';
    } else if (*json == '}' || *json == ']') {
      if (depth == 0 || open[--depth] != *json)
        return 0;
      if (depth == 0)
        return json[1] == '\0';
    }
  }
  return 0;
}

static void judge(int32_t status, char *json, const char *text) {
  int named = strcmp(c8x8_status_name(status), "unknown") != 0;
  int told = json != NULL && well_formed(json) && (status == C8X8_OK || strncmp(json, "{\"kind\":\"", 9) == 0);
  if (!named || !told || status == C8X8_ERR_INTERNAL) {
    fprintf(stderr, "status %d, JSON %s, of %s\n", (int)status, json == NULL ? "none" : json, text);
    abort();
  }
  c8x8_string_free(json);
}

#define RECORD "{\"records\":[{\"crmRecordId\":\"CRM-1\"}]}"
#define STOPPED "{\"title\":\"Unauthorized\",\"status\":401}"

static void push(const char *text) {
  c8x8_uploader *uploader = NULL;
  char *json = NULL;
  int32_t status = c8x8_uploader_new(client, CAMPAIGN, NULL, NULL, NULL, NULL, &uploader, &json);
  judge(status, json, text);
  status = c8x8_uploader_push(uploader, text, &json);
  judge(status, json, text);
  status = c8x8_uploader_finish(uploader, &json);
  judge(status, json, text);
  c8x8_uploader_free(uploader);
}

static int one_input(const unsigned char *data, size_t size) {
  c8x8_client *made = NULL;
  char *json = NULL;
  char *text;
  int32_t status = C8X8_OK;
  if (size == 0 || data[0] == 0 || strchr("acilmopsvbr", data[0]) == NULL)
    return -1;
  text = malloc(size);
  CHECK(text != NULL);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  /* A device is no file: reading one to its end may take for ever. */
  if (strchr("so", data[0]) != NULL && strstr(text, "dev") != NULL) {
    free(text);
    return -1;
  }
  begin();
  client = new_client(config);
  answer_with("401 Unauthorized", STOPPED, strlen(STOPPED));
  switch (data[0]) {
  case 'a':
    status = c8x8_add_records(client, CAMPAIGN, text, NULL, &json);
    break;
  case 'c':
    status = c8x8_client_new(text, &made, &json);
    break;
  case 'i':
    status = c8x8_stop_campaign(client, text, NULL, &json);
    break;
  case 'l':
    status = c8x8_launch_campaign(client, CAMPAIGN, text, NULL, &json);
    break;
  case 'm':
    status = c8x8_modify_campaign(client, CAMPAIGN, text, NULL, &json);
    break;
  case 'o':
    status = c8x8_upload_records(client, CAMPAIGN, RECORD, text, NULL, NULL, NULL, &json);
    break;
  case 's':
    status = c8x8_upload_records(client, CAMPAIGN, text, NULL, NULL, NULL, NULL, &json);
    break;
  case 'v':
    status = c8x8_validate_records(text, &json);
    break;
  case 'b':
    answer_with("200 OK", text, size - 1);
    status = c8x8_add_records(client, CAMPAIGN, RECORD, NULL, &json);
    break;
  case 'r':
    set_answer(text, size - 1);
    status = c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"RETRY\"}", NULL, &json);
    break;
  default:
    break;
  }
  if (data[0] == 'p')
    push(text);
  else
    judge(status, json, text);
  c8x8_client_free(made);
  c8x8_client_free(client);
  free(text);
  return 0;
}

#ifdef FUZZER
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) { return one_input(data, size); }
#else
int main(int argc, char **argv) {
  static unsigned char data[1 << 20];
  int i;
  CHECK(argc > 1);
  /* Every file is read before the first one changes the folder. */
  for (i = 1; i < argc; i++) {
    FILE *file = fopen(argv[i], "rb");
    size_t size;
    CHECK(file != NULL);
    size = fread(data, 1, sizeof data, file);
    fclose(file);
    CHECK(one_input(data, size) == 0);
  }
  printf("%d inputs\n", argc - 1);
  return 0;
}
#endif
