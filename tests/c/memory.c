/* A million records from a CSV file take no more memory than a few: the peak is compared with the idle client's. */
#include "check.h"

/* A line of /proc/self/status, in KiB. */
static long memory(const char *name) {
  char line[256];
  long kib = -1;
  FILE *file = fopen("/proc/self/status", "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, name, strlen(name)) == 0)
      kib = strtol(line + strlen(name) + 1, NULL, 10);
  fclose(file);
  return kib;
}

int main(int argc, char **argv) {
  char source[4096];
  c8x8_client *client = new_client(NULL);
  const long idle = memory("VmRSS");
  CHECK(argc == 2);
  snprintf(source, sizeof source, "{\"csv\":\"%s\"}", argv[1]);
  EXPECT(C8X8_OK, c8x8_upload_records(client, CAMPAIGN, source, NULL, NULL, NULL, NULL, &json), "\"added\":1000000");
  const long peak = memory("VmHWM");
  printf("idle %ld KiB, peak %ld KiB, %ld KiB more\n", idle, peak, peak - idle);
  CHECK(idle > 0 && peak - idle < 64 * 1024);
  c8x8_client_free(client);
  return 0;
}
