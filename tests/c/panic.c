/* A panic inside the library is a status, and nothing is written to standard error (the test that runs this looks). */
#include <campaigns8x8.h>

#include <string.h>

extern int32_t c8x8_test_panic(char **out_json);

int main(void) {
  char *json = NULL;
  int32_t status = c8x8_test_panic(&json);
  int good = status == C8X8_ERR_INTERNAL && json != NULL && strstr(json, "panic: on purpose") != NULL;
  c8x8_string_free(json);
  return good && c8x8_test_panic(NULL) == C8X8_ERR_INTERNAL ? 0 : 1;
}
