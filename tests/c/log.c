/* Log lines reach the callback with its userdata, never with the key, and the callback may call the library. */
#include "check.h"

struct seen {
  const c8x8_client *client;
  int lines;
  int nested;
};

static void look(int32_t level, const char *line, void *userdata) {
  struct seen *seen = userdata;
  const char *key = getenv("CAMPAIGNS8X8_API_KEY");
  CHECK(level >= 1 && level <= 4);
  CHECK(key != NULL && strstr(line, key) == NULL);
  CHECK(strstr(line, CAMPAIGN) != NULL);
  seen->lines++;
  if (!seen->nested) {
    seen->nested = 1;
    CHECK(c8x8_modify_campaign(seen->client, CAMPAIGN, "{\"action\":\"PAUSE\"}", NULL, NULL) == C8X8_ERR_CONFLICT);
  }
}

int main(void) {
  c8x8_client *client = new_client(NULL);
  struct seen seen = {NULL, 0, 0};
  seen.client = client;
  CHECK(c8x8_client_set_log(client, 4, look, &seen) == C8X8_OK);
  CHECK(c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"PAUSE\"}", NULL, NULL) == C8X8_ERR_CONFLICT);
  CHECK(seen.lines == 2);
  CHECK(c8x8_client_set_log(client, 0, NULL, NULL) == C8X8_OK);
  CHECK(c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"PAUSE\"}", NULL, NULL) == C8X8_ERR_CONFLICT);
  CHECK(seen.lines == 2);
  c8x8_client_free(client);
  return 0;
}
