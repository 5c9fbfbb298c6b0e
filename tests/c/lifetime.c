/* Handles are freed in every order while an upload is at work, and inside callbacks: no callback runs once its handle
 * was freed, so what it was handed may be freed too. For a sanitizer, or valgrind, to watch. */
#define _POSIX_C_SOURCE 200809L
#include "process.h"

#include <pthread.h>
#include <time.h>

/* More than the uploads here ever get to send. */
#define RECORDS 400

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int threads; /* of a program that has no client */

/* What a log function is handed. */
struct seen {
  int lines;
  c8x8_client *to_free;     /* inside the function, once */
  c8x8_client *to_clear;    /* the same, but only its log */
  c8x8_uploader *not_to_be; /* called inside the function */
};

static void rest(long milliseconds) {
  const struct timespec time = {0, milliseconds * 1000000};
  nanosleep(&time, NULL);
}

static struct seen *new_seen(void) {
  struct seen *seen = calloc(1, sizeof *seen);
  CHECK(seen != NULL);
  return seen;
}

static int lines_of(struct seen *seen) {
  int lines;
  pthread_mutex_lock(&lock);
  lines = seen->lines;
  pthread_mutex_unlock(&lock);
  return lines;
}

static c8x8_client *take(c8x8_client **client) {
  c8x8_client *taken;
  pthread_mutex_lock(&lock);
  taken = *client;
  *client = NULL;
  pthread_mutex_unlock(&lock);
  return taken;
}

static void look(int32_t level, const char *line, void *userdata) {
  struct seen *seen = userdata;
  c8x8_client *client;
  CHECK(level >= 1 && line[0] != '\0');
  pthread_mutex_lock(&lock);
  seen->lines++;
  pthread_mutex_unlock(&lock);
  if ((client = take(&seen->to_clear)) != NULL)
    CHECK(c8x8_client_set_log(client, 0, NULL, NULL) == C8X8_OK);
  if ((client = take(&seen->to_free)) != NULL) {
    c8x8_client_free(client);
    free(seen); /* no other call of this function is running, and none will begin */
    return;
  }
  if (seen->not_to_be != NULL) {
    EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_uploader_push(seen->not_to_be, "{\"records\":[]}", &json), "log callback");
    EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_uploader_finish(seen->not_to_be, &json), "log callback");
    c8x8_uploader_free(seen->not_to_be);
  }
  rest(2); /* long enough to be met by whoever does not wait for it */
  CHECK(lines_of(seen) > 0);
}

static int32_t report(const char *progress_json, void *userdata) {
  CHECK(progress_json[0] == '{');
  ++*(int *)userdata;
  return 0;
}

/* {"records":[...]} with ids that no other upload of this program has. */
static char *records(int number) {
  static int upload;
  char *text = malloc((size_t)number * 48 + 32);
  size_t length = 0;
  int n;
  CHECK(text != NULL);
  upload++;
  length += (size_t)sprintf(text, "{\"records\":[");
  for (n = 0; n < number; n++)
    length += (size_t)sprintf(text + length, "%s{\"crmRecordId\":\"%d-%d\"}", n == 0 ? "" : ",", upload, n);
  sprintf(text + length, "]}");
  return text;
}

struct work {
  c8x8_client *client;
  c8x8_cancel *cancel;
  c8x8_uploader *uploader;
  struct seen *seen;
  int *reports;
};

/* An upload at work: requests are under way, and the log function has been called. */
static struct work begin(void) {
  struct work work;
  char *some = records(24);
  work.client = new_client(NULL);
  work.cancel = c8x8_cancel_new();
  work.seen = new_seen();
  work.reports = calloc(1, sizeof *work.reports);
  CHECK(c8x8_client_set_log(work.client, 4, look, work.seen) == C8X8_OK);
  EXPECT(C8X8_OK,
         c8x8_uploader_new(work.client, CAMPAIGN, "{\"concurrency\":4,\"batchSize\":3}", report, work.reports,
                           work.cancel, &work.uploader, &json),
         CAMPAIGN);
  EXPECT(C8X8_OK, c8x8_uploader_push(work.uploader, some, &json), "24");
  free(some);
  while (lines_of(work.seen) == 0)
    rest(1);
  return work;
}

enum { CLIENT, UPLOADER, CANCEL, USERDATA, ALL };

static void release(struct work *work, int what) {
  switch (what) {
  case CLIENT:
    c8x8_client_free(work->client);
    work->client = NULL;
    break;
  case UPLOADER:
    c8x8_uploader_free(work->uploader);
    free(work->reports);
    break;
  case CANCEL:
    c8x8_cancel_free(work->cancel);
    break;
  case USERDATA:
    if (work->client != NULL)
      CHECK(c8x8_client_set_log(work->client, 0, NULL, NULL) == C8X8_OK);
    free(work->seen);
    break;
  }
}

static void every_order(void) {
  int order, n, i;
  for (order = 0; order < 24; order++) {
    struct work work = begin();
    int left[ALL] = {CLIENT, UPLOADER, CANCEL, USERDATA};
    int code = order;
    for (n = ALL; n > 0; n--) {
      const int chosen = code % n;
      code /= n;
      release(&work, left[chosen]);
      for (i = chosen; i + 1 < n; i++)
        left[i] = left[i + 1];
      if (n > 1)
        rest(3); /* the upload goes on, and would write lines */
    }
    CHECK(THREADS_NOW == threads);
  }
}

/* Ends an upload, with one more request, which is certain to come after whatever was done before. */
static void finish(struct work *work) {
  char *some = records(3);
  EXPECT(C8X8_OK, c8x8_uploader_push(work->uploader, some, &json), "3");
  EXPECT(C8X8_OK, c8x8_uploader_finish(work->uploader, &json), "\"total\":27,\"added\":27");
  free(some);
}

/* The upload is not disturbed by what is freed around it. */
static void finished_after_everything_else(void) {
  struct work work = begin();
  int lines;
  release(&work, CANCEL);
  c8x8_client_free(work.client);
  lines = work.seen->lines; /* nobody else uses it any more: no lock */
  finish(&work);
  CHECK(work.seen->lines == lines && *work.reports > 0);
  free(work.seen);
  c8x8_uploader_free(work.uploader);
  free(work.reports);
}

/* A log function is exchanged again and again; what the one before was handed is freed at once. */
static void exchanged(void) {
  struct work work = begin();
  int n;
  for (n = 0; n < 40; n++) {
    struct seen *next = new_seen();
    CHECK(c8x8_client_set_log(work.client, 4, look, next) == C8X8_OK);
    free(work.seen);
    work.seen = next;
    rest(1);
  }
  finish(&work);
  release(&work, UPLOADER);
  release(&work, CLIENT);
  release(&work, USERDATA);
  release(&work, CANCEL);
}

/* The log function frees its client, or takes itself off, on an upload's thread. It cannot use an uploader there. */
static void inside_the_log_function(void) {
  struct work work = begin();
  pthread_mutex_lock(&lock);
  work.seen->to_clear = work.client;
  pthread_mutex_unlock(&lock);
  finish(&work);
  CHECK(work.seen->to_clear == NULL);
  release(&work, CLIENT);
  release(&work, USERDATA);
  release(&work, UPLOADER);
  release(&work, CANCEL);

  work = begin();
  pthread_mutex_lock(&lock);
  work.seen->to_free = work.client;
  pthread_mutex_unlock(&lock);
  finish(&work);
  release(&work, UPLOADER);
  release(&work, CANCEL);

  work = begin();
  CHECK(c8x8_client_set_log(work.client, 0, NULL, NULL) == C8X8_OK);
  work.seen->not_to_be = work.uploader;
  CHECK(c8x8_client_set_log(work.client, 4, look, work.seen) == C8X8_OK);
  finish(&work);
  release(&work, CLIENT);
  release(&work, USERDATA);
  release(&work, UPLOADER);
  release(&work, CANCEL);

  /* On the thread that makes the call. */
  {
    c8x8_client *client = new_client(NULL);
    struct seen *seen = new_seen();
    seen->to_free = client;
    CHECK(c8x8_client_set_log(client, 4, look, seen) == C8X8_OK);
    CHECK(c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"RETRY\"}", NULL, NULL) == C8X8_ERR_CONFLICT);
  }
  CHECK(THREADS_NOW == threads);
}

struct giving_up {
  c8x8_uploader *uploader;
  int *calls;
};

static int32_t give_up(const char *progress_json, void *userdata) {
  struct giving_up *giving_up = userdata;
  CHECK(progress_json[0] == '{');
  ++*giving_up->calls;
  if (giving_up->uploader != NULL) {
    c8x8_uploader_free(giving_up->uploader);
    free(giving_up); /* the uploader that had it is freed */
  }
  return 0;
}

/* The progress function frees its own uploader, inside push and inside finish. */
static void inside_the_progress_function(int pushing) {
  c8x8_client *client = new_client(NULL);
  struct giving_up *giving_up = calloc(1, sizeof *giving_up);
  char *many = records(RECORDS);
  c8x8_uploader *uploader = NULL;
  int calls = 0;
  int32_t status;
  CHECK(giving_up != NULL);
  giving_up->calls = &calls;
  EXPECT(C8X8_OK,
         c8x8_uploader_new(client, CAMPAIGN, "{\"concurrency\":1,\"batchSize\":2}", give_up, giving_up, NULL, &uploader,
                           &json),
         CAMPAIGN);
  if (pushing) {
    giving_up->uploader = uploader;
    status = c8x8_uploader_push(uploader, many, NULL);
    CHECK(status == C8X8_ERR_CANCELLED);
  } else {
    EXPECT(C8X8_OK, c8x8_uploader_push(uploader, "{\"records\":[{\"crmRecordId\":\"last\"}]}", &json), "1");
    giving_up->uploader = uploader;
    calls = 0;
    status = c8x8_uploader_finish(uploader, NULL);
    CHECK(status == C8X8_OK || status == C8X8_ERR_CANCELLED);
  }
  CHECK(calls == 1);
  free(many);
  c8x8_client_free(client);
  CHECK(THREADS_NOW == threads);
}

int main(void) {
  c8x8_client_free(new_client(NULL));
  threads = THREADS_NOW; /* a sanitizer may have one of its own */
  every_order();
  finished_after_everything_else();
  exchanged();
  inside_the_log_function();
  inside_the_progress_function(1);
  inside_the_progress_function(0);
  return 0;
}
