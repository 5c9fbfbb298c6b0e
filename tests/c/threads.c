/* 32 threads share one client for 2,000 calls without an error, and freeing the client leaves no thread behind. */
#define _POSIX_C_SOURCE 200809L
#include "process.h"

#include <pthread.h>

#define THREADS 32
#define CALLS 2000

struct worker {
  const c8x8_client *client;
  int first;
  int failed;
};

static void *add_records(void *argument) {
  struct worker *worker = argument;
  int n;
  for (n = worker->first; n < CALLS; n += THREADS) {
    char request[96];
    snprintf(request, sizeof request, "{\"records\":[{\"crmRecordId\":\"CRM-%d\"}]}", n);
    if (c8x8_add_records(worker->client, CAMPAIGN, request, NULL, NULL) != C8X8_OK)
      worker->failed++;
  }
  return NULL;
}

int main(void) {
  int before = THREADS_NOW;
  c8x8_client *client;
  struct worker workers[THREADS];
  pthread_t threads[THREADS];
  int i;

  CHECK(before == 1);
  client = new_client(NULL);
  for (i = 0; i < THREADS; i++) {
    workers[i].client = client;
    workers[i].first = i;
    workers[i].failed = 0;
    CHECK(pthread_create(&threads[i], NULL, add_records, &workers[i]) == 0);
  }
  for (i = 0; i < THREADS; i++) {
    CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(workers[i].failed == 0);
  }
  CHECK(THREADS_NOW == 2);
  c8x8_client_free(client);
  CHECK(THREADS_NOW == 1);
  return 0;
}
