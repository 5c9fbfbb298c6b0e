/* The static library in one program with another Rust static library, with OpenSSL and libcurl, and with a function
 * of the same name as one inside: each has its own. */
#include <campaigns8x8.h>

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

int neighbour_works(void);

/* The library's SQLite is its own affair. */
int sqlite3_open_v2(void);
int sqlite3_open_v2(void) { return 8; }

int main(int argc, char **argv) {
  c8x8_client *client = NULL;
  char *json = NULL;
  char options[512];
  int32_t status;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  CURL *curl = curl_easy_init();
  if (argc != 2 || context == NULL || curl == NULL)
    return 2;
  if (EVP_Digest("8x8", 3, digest, &length, EVP_sha256(), NULL) != 1 || neighbour_works() != 1)
    return 3;
  status = c8x8_client_new("{\"apiKey\":\"eght_x\",\"tenant\":\"t\",\"customerSite\":\"US1\"}", &client, &json);
  c8x8_string_free(json);
  if (status != C8X8_OK)
    return 4;
  /* Opens a ledger, which is SQLite, and finds it in a folder that is none: its own sqlite3_open_v2 said so. */
  snprintf(options, sizeof options, "{\"ledger\":\"%s/none/upload.db\"}", argv[1]);
  status = c8x8_upload_records(client, "123e4567-e89b-12d3-a456-426614174000",
                               "{\"records\":[{\"crmRecordId\":\"A\"}]}", options, NULL, NULL, NULL, &json);
  printf("%s\n", json);
  if (status != C8X8_ERR_STORAGE || strstr(json, "upload.db") == NULL)
    return 5;
  c8x8_string_free(json);
  c8x8_client_free(client);
  curl_easy_cleanup(curl);
  SSL_CTX_free(context);
  return sqlite3_open_v2() == 8 ? 0 : 6;
}
