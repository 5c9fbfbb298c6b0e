/* The system's own verifier is asked: a server whose authority it does not know is refused before anything is sent.
 * Usage: distrust PORT */
#include "check.h"

int main(int argc, char **argv) {
  char config[512];
  c8x8_client *client;
  CHECK(argc == 2);
  snprintf(config, sizeof config,
           "{\"apiKey\":\"eght_x\",\"tenant\":\"t\",\"baseUrl\":\"https://localhost:%s/v1\",\"trustEnv\":false,"
           "\"retry\":{\"maxAttempts\":1}}",
           argv[1]);
  client = new_client(config);
  EXPECT(C8X8_ERR_TLS, c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"PAUSE\"}", NULL, &json),
         "peer certificate");
  c8x8_client_free(client);
  return 0;
}
