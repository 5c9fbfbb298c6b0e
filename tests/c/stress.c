/* Everything at once: threads that share a client and a token, make and free clients of their own, push into one
 * uploader, exchange the log function, cancel. For a sanitizer of threads to watch; it takes what is said of threads in
 * the header at its word. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <pthread.h>

#define THREADS 8
#define ROUNDS 12

static c8x8_client *shared;
static c8x8_uploader *uploader;
static c8x8_cancel *never;
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static int lines, reports;

static void count(int *what) {
  pthread_mutex_lock(&counting);
  ++*what;
  pthread_mutex_unlock(&counting);
}

static void line(int32_t level, const char *text, void *userdata) {
  CHECK(level >= 1 && text[0] != '\0');
  count(userdata);
}

static int32_t report(const char *json, void *userdata) {
  CHECK(json[0] == '{');
  count(userdata);
  return 0;
}

static void *trigger(void *cancel) {
  c8x8_cancel_trigger(cancel);
  return NULL;
}

static void one_round(int thread, int round) {
  char request[128];
  pthread_t other;
  c8x8_cancel *cancel = c8x8_cancel_new();
  c8x8_client *own;
  int32_t status;

  snprintf(request, sizeof request, "{\"records\":[{\"crmRecordId\":\"S-%d-%d\"}]}", thread, round);
  EXPECT(C8X8_OK, c8x8_add_records(shared, CAMPAIGN, request, never, &json), "PENDING");
  snprintf(request, sizeof request, "{\"records\":[{\"crmRecordId\":\"P-%d-%d\"}]}", thread, round);
  EXPECT(C8X8_OK, c8x8_uploader_push(uploader, request, &json), "1");
  CHECK(c8x8_client_set_log(shared, 4, round % 2 ? line : NULL, &lines) == C8X8_OK);

  own = new_client(NULL);
  CHECK(pthread_create(&other, NULL, trigger, cancel) == 0);
  status = c8x8_modify_campaign(own, CAMPAIGN, "{\"action\":\"RETRY\"}", cancel, NULL);
  CHECK(status == C8X8_ERR_CONFLICT || status == C8X8_ERR_CANCELLED);
  CHECK(pthread_join(other, NULL) == 0);
  c8x8_client_free(own);
  c8x8_cancel_free(cancel);
}

static void *work(void *number) {
  int round;
  for (round = 0; round < ROUNDS; round++)
    one_round(*(int *)number, round);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  int numbers[THREADS];
  int i;
  char expected[64];
  shared = new_client(NULL);
  never = c8x8_cancel_new();
  EXPECT(C8X8_OK,
         c8x8_uploader_new(shared, CAMPAIGN, "{\"concurrency\":4,\"batchSize\":3}", report, &reports, never, &uploader,
                           &json),
         CAMPAIGN);
  for (i = 0; i < THREADS; i++) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
  }
  for (i = 0; i < THREADS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  snprintf(expected, sizeof expected, "\"total\":%d,\"added\":%d", THREADS * ROUNDS, THREADS * ROUNDS);
  EXPECT(C8X8_OK, c8x8_uploader_finish(uploader, &json), expected);
  c8x8_uploader_free(uploader);
  c8x8_cancel_free(never);
  c8x8_client_free(shared);
  CHECK(lines > 0 && reports > 0);
  return 0;
}
