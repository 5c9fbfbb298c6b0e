/* A library as it is released: of the same ABI as the header, and able to make a client. */
#include "check.h"

int main(void) {
  char expected[32];
  c8x8_client *client = new_client("{\"apiKey\":\"eght_x\",\"tenant\":\"t\",\"customerSite\":\"US1\"}");
  snprintf(expected, sizeof expected, "%d.%d.%d", C8X8_VERSION_MAJOR, C8X8_VERSION_MINOR, C8X8_VERSION_PATCH);
  CHECK(C8X8_HEADER_MATCHES_LIBRARY() && strcmp(c8x8_version(), expected) == 0);
  EXPECT(C8X8_OK, c8x8_validate_records("{\"records\":[{\"crmRecordId\":\"A\"}]}", &json), "true");
  c8x8_client_free(client);
  return 0;
}
