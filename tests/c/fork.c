/* A client that was made and used before a fork works in the parent and in the child, and both can free it. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static void add(const c8x8_client *client, const char *who, int n) {
  char request[96];
  snprintf(request, sizeof request, "{\"records\":[{\"crmRecordId\":\"%s-%d\"}]}", who, n);
  EXPECT(C8X8_OK, c8x8_add_records(client, CAMPAIGN, request, NULL, &json), who);
}

int main(void) {
  c8x8_client *client = new_client(NULL);
  pid_t child;
  int status = 0;
  int n;

  add(client, "before", 0);
  child = fork();
  CHECK(child >= 0);
  for (n = 0; n < 20; n++)
    add(client, child == 0 ? "child" : "parent", n);
  if (child != 0) {
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    add(client, "after", 0);
  }
  c8x8_client_free(client);
  /* The child owns nothing that its parent's threads had allocated, so a leak checker must not look at it: it becomes
   * another program. */
  if (child == 0)
    execlp("true", "true", (char *)NULL);
  return 0;
}
