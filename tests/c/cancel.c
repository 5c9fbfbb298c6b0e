/* A call to a server that does not answer returns within 0.2 s of being cancelled from another thread. The base URL is
 * a server that never answers. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <pthread.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

struct call {
  const c8x8_client *client;
  const c8x8_cancel *cancel;
  int32_t status;
  double returned;
};

static void *pause_campaign(void *argument) {
  struct call *call = argument;
  call->status = c8x8_modify_campaign(call->client, CAMPAIGN, "{\"action\":\"PAUSE\"}", call->cancel, NULL);
  call->returned = now();
  return NULL;
}

int main(void) {
  const struct timespec a_while = {0, 100000000};
  c8x8_client *client = new_client(NULL);
  c8x8_cancel *cancel = c8x8_cancel_new();
  struct call call = {client, cancel, 0, 0};
  pthread_t thread;
  double triggered;

  CHECK(pthread_create(&thread, NULL, pause_campaign, &call) == 0);
  nanosleep(&a_while, NULL); /* the call is under way, or about to be: both must end */
  triggered = now();
  c8x8_cancel_trigger(cancel);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(call.status == C8X8_ERR_CANCELLED);
  CHECK(call.returned - triggered < 0.2);

  /* A token stays triggered. */
  EXPECT(C8X8_ERR_CANCELLED, c8x8_stop_campaign(client, CAMPAIGN, cancel, &json), "\"kind\":\"cancelled\"");
  c8x8_cancel_free(cancel);
  c8x8_client_free(client);
  return 0;
}
