/* A panic inside the library is a status, and nothing is written to standard error (the test that runs this looks). */
#include "check.h"

extern int32_t c8x8_test_panic(char **out_json);

int main(void) {
  EXPECT(C8X8_ERR_INTERNAL, c8x8_test_panic(&json), "panic: on purpose");
  CHECK(c8x8_test_panic(NULL) == C8X8_ERR_INTERNAL);
  return 0;
}
