/* Paths as this system writes them, in UTF-8: a CSV file, a ledger and its lock, a CA bundle, whose names are not
 * ASCII. On Windows with a drive letter and backslashes. Usage: paths FOLDER */
#include "check.h"

#ifdef _WIN32
#include <windows.h>
#define SEPARATOR "\\"
#else
#define SEPARATOR "/"
#endif

/* Writes a file whose name is UTF-8. */
static void write_file(const char *path, const char *text) {
  FILE *file;
#ifdef _WIN32
  wchar_t wide[1024];
  CHECK(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, 1024) > 0);
  file = _wfopen(wide, L"wb");
#else
  file = fopen(path, "wb");
#endif
  CHECK(file != NULL);
  CHECK(fwrite(text, 1, strlen(text), file) == strlen(text));
  CHECK(fclose(file) == 0);
}

/* The path of a file in the folder, for a file function and, escaped, for JSON. */
struct path {
  char plain[1024], json[2048];
};

static struct path path_of(const char *folder, const char *name) {
  struct path path;
  const char *from;
  char *to = path.json;
  CHECK(snprintf(path.plain, sizeof path.plain, "%s%s%s", folder, SEPARATOR, name) < (int)sizeof path.plain);
  for (from = path.plain; *from != '\0'; *to++ = *from++)
    if (*from == '\\')
      *to++ = '\\';
  *to = '\0';
  return path;
}

int main(int argc, char **argv) {
  struct path csv, ledger, missing, empty;
  char source[4096], options[4096], config[4096];
  c8x8_client *client;
  c8x8_uploader *uploader = NULL;
  CHECK(argc == 2);
  csv = path_of(argv[1], "Kontakte f\xc3\xbcr \xe6\x97\xa5\xe6\x9c\xac.csv");
  ledger = path_of(argv[1], "\xc3\x9c"
                            "bersicht.db");
  missing = path_of(argv[1], "missing.pem");
  empty = path_of(argv[1], "leer \xc3\xa4.pem");
  client = new_client(NULL);

  write_file(csv.plain, "crmRecordId,priority\r\nCRM-1,LOW\r\nCRM-2,\r\n");
  snprintf(source, sizeof source, "{\"csv\":\"%s\"}", csv.json);
  snprintf(options, sizeof options, "{\"ledger\":\"%s\"}", ledger.json);
  EXPECT(C8X8_OK, c8x8_upload_records(client, CAMPAIGN, source, options, NULL, NULL, NULL, &json),
         "\"total\":2,\"added\":2");
  /* The ledger knows: nothing is sent. */
  EXPECT(C8X8_OK, c8x8_upload_records(client, CAMPAIGN, source, options, NULL, NULL, NULL, &json), "\"requests\":0");

  /* One upload at a time has the ledger, and it is free again afterwards. */
  EXPECT(C8X8_OK, c8x8_uploader_new(client, CAMPAIGN, options, NULL, NULL, NULL, &uploader, &json), CAMPAIGN);
  EXPECT(C8X8_ERR_STORAGE, c8x8_upload_records(client, CAMPAIGN, source, options, NULL, NULL, NULL, &json),
         "another upload uses it now");
  c8x8_uploader_free(uploader);
  EXPECT(C8X8_OK, c8x8_upload_records(client, CAMPAIGN, source, options, NULL, NULL, NULL, &json), "\"complete\":true");

  snprintf(source, sizeof source, "{\"csv\":\"%s\"}", missing.json);
  EXPECT(C8X8_ERR_STORAGE, c8x8_upload_records(client, CAMPAIGN, source, NULL, NULL, NULL, NULL, &json), "missing.pem");
  c8x8_client_free(client);

  /* A bundle is read when a client for https is made. */
  snprintf(config, sizeof config, "{\"baseUrl\":\"https://127.0.0.1:1/v1\",\"caBundle\":\"%s\"}", missing.json);
  EXPECT(C8X8_ERR_CONFIG, c8x8_client_new(config, &client, &json), "missing.pem");
  write_file(empty.plain, "");
  snprintf(config, sizeof config, "{\"baseUrl\":\"https://127.0.0.1:1/v1\",\"caBundle\":\"%s\"}", empty.json);
  EXPECT(C8X8_ERR_CONFIG, c8x8_client_new(config, &client, &json), "holds no certificate");
  return 0;
}
