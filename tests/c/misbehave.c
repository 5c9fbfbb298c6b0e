/* Does on purpose what the sanitizers must see: the proof that they are there. */
#include <campaigns8x8.h>
#include <campaigns8x8.h> /* twice: it has a guard */

#include <pthread.h>
#include <string.h>

static void *write_to(void *json) {
  *(char *)json = '[';
  return NULL;
}

int main(int argc, char **argv) {
  char *json = NULL;
  if (argc != 2 || c8x8_state_machine(&json) != C8X8_OK)
    return 2;
  if (strcmp(argv[1], "overflow") == 0)
    return json[strlen(json) + 1]; /* beyond the library's own string */
  if (strcmp(argv[1], "leak") == 0) {
    json = NULL; /* never freed */
    return 0;
  }
  if (strcmp(argv[1], "race") == 0) {
    pthread_t other;
    pthread_create(&other, NULL, write_to, json);
    write_to(json); /* at the same time */
    pthread_join(other, NULL);
    c8x8_string_free(json);
    return 0;
  }
  c8x8_string_free(json);
  return argc + 0x7fffffff; /* more than an int holds */
}
