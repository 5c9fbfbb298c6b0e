/* A client that was made and used before a fork works in the parent and in the child, and both can free it. An uploader
 * is the parent's alone: in the child its calls fail and nothing waits for threads that only the parent has. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <pthread.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds that a child may take for what must not hang, and after which one that hangs is ended. */
#define AT_ONCE 5
#define HANGS 60

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int running; /* log functions */

static void rest(long milliseconds) {
  const struct timespec time = {0, milliseconds * 1000000};
  nanosleep(&time, NULL);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The child owns nothing that its parent's threads had allocated, so a leak checker must not look at it: it becomes
 * another program, which succeeds. */
static void end_of_child(void) {
  execlp("true", "true", (char *)NULL);
  exit(2);
}

static void await_child(pid_t child) {
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void add(const c8x8_client *client, const char *who, int n) {
  char request[96];
  snprintf(request, sizeof request, "{\"records\":[{\"crmRecordId\":\"%s-%d\"}]}", who, n);
  EXPECT(C8X8_OK, c8x8_add_records(client, CAMPAIGN, request, NULL, &json), who);
}

static void of_a_client(void) {
  c8x8_client *client = new_client(NULL);
  pid_t child;
  int n;

  add(client, "before", 0);
  child = fork();
  CHECK(child >= 0);
  for (n = 0; n < 20; n++)
    add(client, child == 0 ? "child" : "parent", n);
  if (child != 0) {
    await_child(child);
    add(client, "after", 0);
  }
  c8x8_client_free(client);
  if (child == 0)
    end_of_child();
}

/* {"records":[...]} with the ids PREFIX-0 and on. */
static char *records(const char *prefix, int number) {
  char *text = malloc((size_t)number * 64 + 32);
  size_t length = 0;
  int n;
  CHECK(text != NULL);
  length += (size_t)sprintf(text, "{\"records\":[");
  for (n = 0; n < number; n++)
    length += (size_t)sprintf(text + length, "%s{\"crmRecordId\":\"%s-%d\"}", n == 0 ? "" : ",", prefix, n);
  sprintf(text + length, "]}");
  return text;
}

struct push {
  c8x8_uploader *uploader;
  char *records;
};

static void *push(void *argument) {
  struct push *push = argument;
  EXPECT(C8X8_OK, c8x8_uploader_push(push->uploader, push->records, &json), "40");
  return NULL;
}

/* A child is forked while the upload is at work: between two calls, and while another thread is inside one. */
static void of_an_uploader(int inside_a_call) {
  c8x8_client *client = new_client(NULL);
  struct push work = {NULL, records(inside_a_call ? "inside" : "between", 40)};
  pthread_t pushing;
  pid_t child;
  EXPECT(C8X8_OK,
         c8x8_uploader_new(client, CAMPAIGN, "{\"concurrency\":2,\"batchSize\":2}", NULL, NULL, NULL, &work.uploader,
                           &json),
         CAMPAIGN);
  if (inside_a_call) {
    CHECK(pthread_create(&pushing, NULL, push, &work) == 0);
    rest(5);
  } else {
    push(&work);
  }
  child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    const double begun = now();
    alarm(HANGS);
    CHECK(c8x8_uploader_push(work.uploader, "{\"records\":[{\"crmRecordId\":\"never\"}]}", NULL) != C8X8_OK);
    EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_uploader_finish(work.uploader, &json), "fork");
    c8x8_uploader_free(work.uploader);
    c8x8_client_free(client);
    CHECK(now() - begun < AT_ONCE);
    end_of_child();
  }
  await_child(child);
  if (inside_a_call)
    CHECK(pthread_join(pushing, NULL) == 0);
  EXPECT(C8X8_OK, c8x8_uploader_finish(work.uploader, &json), "\"complete\":true");
  c8x8_uploader_free(work.uploader);
  c8x8_client_free(client);
  free(work.records);
}

static void slow_log(int32_t level, const char *line, void *userdata) {
  (void)level;
  (void)line;
  pthread_mutex_lock(&lock);
  running = 1;
  pthread_mutex_unlock(&lock);
  rest(300);
  ++*(int *)userdata;
}

static void *pause_campaign(void *client) {
  CHECK(c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"RETRY\"}", NULL, NULL) == C8X8_ERR_CONFLICT);
  return NULL;
}

/* A child is forked while a log function runs on another thread, which the child does not have. */
static void of_a_running_log_function(void) {
  c8x8_client *client = new_client(NULL);
  int lines = 0, begun = 0;
  pthread_t calling;
  pid_t child;
  CHECK(c8x8_client_set_log(client, 4, slow_log, &lines) == C8X8_OK);
  CHECK(pthread_create(&calling, NULL, pause_campaign, client) == 0);
  while (!begun) {
    rest(1);
    pthread_mutex_lock(&lock);
    begun = running;
    pthread_mutex_unlock(&lock);
  }
  child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    const double since = now();
    alarm(HANGS);
    CHECK(c8x8_client_set_log(client, 4, slow_log, &lines) == C8X8_OK);
    pause_campaign(client);
    CHECK(lines == 1);
    c8x8_client_free(client);
    CHECK(now() - since < AT_ONCE);
    end_of_child();
  }
  CHECK(c8x8_client_set_log(client, 0, NULL, NULL) == C8X8_OK); /* the parent does wait */
  CHECK(lines == 1);
  CHECK(pthread_join(calling, NULL) == 0);
  c8x8_client_free(client);
  await_child(child);
}

int main(void) {
  of_a_client();
  of_an_uploader(0);
  of_an_uploader(1);
  of_a_running_log_function();
  return 0;
}
