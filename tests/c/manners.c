/* A good guest: after its last handle was freed, the library leaves the process as it found it; and callbacks may call
 * it. */
#define _GNU_SOURCE
#include "process.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* What a library could change behind its host's back. */
struct host {
  int threads, files, variables;
  size_t characters;
  char folder[4096];
  mode_t mask;
  sigset_t blocked;
  struct sigaction actions[65];
};

static void look_at(struct host *host) {
  char **variable;
  int number;
  memset(host, 0, sizeof *host);
  host->threads = THREADS_NOW;
  host->files = count("/proc/self/fd");
  for (variable = environ; *variable != NULL; variable++) {
    host->variables++;
    host->characters += strlen(*variable);
  }
  CHECK(getcwd(host->folder, sizeof host->folder) != NULL);
  host->mask = umask(0);
  umask(host->mask);
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &host->blocked) == 0);
  for (number = 1; number < 65; number++)
    sigaction(number, NULL, &host->actions[number]);
}

static void same(const struct host *a, const struct host *b) {
  int number;
  CHECK(a->threads == b->threads && a->files == b->files);
  CHECK(a->variables == b->variables && a->characters == b->characters);
  CHECK(strcmp(a->folder, b->folder) == 0 && a->mask == b->mask);
  for (number = 1; number < 65; number++) {
    CHECK(sigismember(&a->blocked, number) == sigismember(&b->blocked, number));
    CHECK(a->actions[number].sa_handler == b->actions[number].sa_handler);
    CHECK(a->actions[number].sa_flags == b->actions[number].sa_flags);
  }
}

struct calls {
  c8x8_client *client;
  int progress, lines;
};

/* From inside a callback: everything that needs no lock of the caller's, a client of its own included. */
static void call_back(const c8x8_client *client) {
  c8x8_client *own = new_client(NULL);
  c8x8_cancel *cancel = c8x8_cancel_new();
  EXPECT(C8X8_OK, c8x8_validate_records("{\"records\":[{\"crmRecordId\":\"A\"}]}", &json), "true");
  EXPECT(C8X8_ERR_CONFLICT, c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"RETRY\"}", cancel, &json), "RETRY");
  EXPECT(C8X8_ERR_CONFLICT, c8x8_modify_campaign(own, CAMPAIGN, "{\"action\":\"RETRY\"}", cancel, &json), "RETRY");
  c8x8_cancel_free(cancel);
  c8x8_client_free(own);
}

static int32_t progress(const char *json, void *userdata) {
  struct calls *calls = userdata;
  CHECK(json[0] == '{');
  if (calls->progress++ == 0)
    call_back(calls->client);
  return 0;
}

static void line(int32_t level, const char *text, void *userdata) {
  struct calls *calls = userdata;
  CHECK(level >= 1 && text[0] != '\0');
  /* The lines of the calls made here come back in here. */
  if (calls->lines++ == 0) {
    call_back(calls->client);
    CHECK(c8x8_client_set_log(calls->client, 0, NULL, NULL) == C8X8_OK);
  }
}

static void work(void) {
  struct calls calls = {NULL, 0, 0};
  calls.client = new_client(NULL);
  CHECK(THREADS_NOW == 2);
  EXPECT(C8X8_ERR_CONFLICT, c8x8_stop_campaign(calls.client, CAMPAIGN, NULL, &json), "PURGE");
  CHECK(c8x8_client_set_log(calls.client, 4, line, &calls) == C8X8_OK);
  EXPECT(C8X8_OK,
         c8x8_upload_records(calls.client, CAMPAIGN, "{\"records\":[{\"crmRecordId\":\"A\"},{\"crmRecordId\":\"B\"}]}",
                             "{\"batchSize\":1}", progress, &calls, NULL, &json),
         "\"total\":2");
  CHECK(calls.progress > 0 && calls.lines > 0);
  c8x8_client_free(calls.client);
}

int main(void) {
  struct host before, after;
  look_at(&before);
  CHECK(before.threads == 1);
  /* Without a client there is no thread. */
  EXPECT(C8X8_OK, c8x8_state_machine(&json), "BUILDING");
  EXPECT(C8X8_ERR_CONFIG, c8x8_client_new("{\"customerSite\":\"US9\"}", &(c8x8_client *){NULL}, &json), "US9");
  c8x8_cancel_free(c8x8_cancel_new());
  CHECK(THREADS_NOW == 1);
  work();
  look_at(&after);
  same(&before, &after);
  work();
  look_at(&after);
  same(&before, &after);
  return 0;
}
