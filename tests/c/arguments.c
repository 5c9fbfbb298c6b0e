/* Every function with NULL for each pointer, with bad UTF-8, malformed JSON and unknown settings: the right status,
 * valid error JSON, no crash, no output written that must not be. */
#include "check.h"

static const char *BAD_UTF8 = "\xff\xfe";

static void clients(void) {
  c8x8_client *untouched = (c8x8_client *)&untouched;
  c8x8_client *client = untouched;
  const int32_t config = C8X8_ERR_CONFIG;
  EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_client_new(NULL, NULL, &json), "out_client is NULL");
  EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_client_new(BAD_UTF8, &client, &json), "config_json is not valid UTF-8");
  EXPECT(config, c8x8_client_new("{", &client, &json), "\"kind\":\"config\"");
  EXPECT(config, c8x8_client_new("[]", &client, &json), "config");
  EXPECT(config, c8x8_client_new("{\"apikey\":\"eght_x\"}", &client, &json), "apiKey");
  EXPECT(config, c8x8_client_new("{\"customerSite\":\"US9\"}", &client, &json), "US1, US2, UK3");
  EXPECT(config, c8x8_client_new("{\"apiKey\":\"secret\"}", &client, &json), "eght_");
  EXPECT(config, c8x8_client_new("{\"baseUrl\":\"http://192.0.2.1/v1\"}", &client, &json), "allowInsecureHttp");
  CHECK(client == untouched);
  CHECK(c8x8_client_new("{", &client, NULL) == C8X8_ERR_CONFIG);
  CHECK(c8x8_client_new("{", NULL, NULL) == C8X8_ERR_INVALID_ARGUMENT);
  CHECK(c8x8_client_new(NULL, &client, NULL) == C8X8_OK);
  CHECK(client != untouched && client != NULL);
  c8x8_client_free(client);
  c8x8_client_free(NULL);
}

static void ignore_line(int32_t level, const char *line, void *userdata) {
  (void)level;
  (void)line;
  (void)userdata;
}

static void logs(const c8x8_client *client) {
  CHECK(c8x8_client_set_log(NULL, 4, ignore_line, NULL) == C8X8_ERR_INVALID_ARGUMENT);
  CHECK(c8x8_client_set_log(client, 0, ignore_line, NULL) == C8X8_ERR_INVALID_ARGUMENT);
  CHECK(c8x8_client_set_log(client, 5, ignore_line, NULL) == C8X8_ERR_INVALID_ARGUMENT);
  CHECK(c8x8_client_set_log(client, 4, ignore_line, NULL) == C8X8_OK);
  CHECK(c8x8_client_set_log(client, 0, NULL, NULL) == C8X8_OK);
}

static void calls(const c8x8_client *client) {
  const int32_t wrong = C8X8_ERR_INVALID_ARGUMENT;
  const char *build = "{\"action\":\"BUILD\"}";
  const char *one = "{\"records\":[{\"crmRecordId\":\"CRM-1\"}]}";

  EXPECT(wrong, c8x8_modify_campaign(NULL, CAMPAIGN, build, NULL, &json), "client is NULL");
  EXPECT(wrong, c8x8_modify_campaign(client, NULL, build, NULL, &json), "campaign_id is NULL");
  EXPECT(wrong, c8x8_modify_campaign(client, CAMPAIGN, NULL, NULL, &json), "request_json is NULL");
  EXPECT(wrong, c8x8_modify_campaign(client, BAD_UTF8, build, NULL, &json), "campaign_id is not valid UTF-8");
  EXPECT(wrong, c8x8_modify_campaign(client, CAMPAIGN, BAD_UTF8, NULL, &json), "request_json is not valid UTF-8");
  EXPECT(wrong, c8x8_modify_campaign(client, "no-uuid", build, NULL, &json), "UUID");
  EXPECT(wrong, c8x8_modify_campaign(client, CAMPAIGN, "{", NULL, &json), "request");
  EXPECT(wrong, c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"STAT\"}", NULL, &json), "START");
  EXPECT(wrong, c8x8_modify_campaign(client, CAMPAIGN, "{\"action\":\"BUILD\",\"x\":1}", NULL, &json), "x");
  CHECK(c8x8_modify_campaign(NULL, NULL, NULL, NULL, NULL) == wrong);

  EXPECT(wrong, c8x8_launch_campaign(NULL, CAMPAIGN, NULL, NULL, &json), "client is NULL");
  EXPECT(wrong, c8x8_launch_campaign(client, NULL, NULL, NULL, &json), "campaign_id is NULL");
  EXPECT(wrong, c8x8_launch_campaign(client, BAD_UTF8, NULL, NULL, &json), "campaign_id is not valid UTF-8");
  EXPECT(wrong, c8x8_launch_campaign(client, CAMPAIGN, BAD_UTF8, NULL, &json), "options_json is not valid UTF-8");
  EXPECT(wrong, c8x8_launch_campaign(client, CAMPAIGN, "nonsense", NULL, &json), "options");
  EXPECT(wrong, c8x8_launch_campaign(client, CAMPAIGN, "{\"strategy\":\"x\"}", NULL, &json), "buildThenStart");
  EXPECT(wrong, c8x8_launch_campaign(client, CAMPAIGN, "{\"deadline\":1}", NULL, &json), "deadlineMs");
  CHECK(c8x8_launch_campaign(NULL, NULL, NULL, NULL, NULL) == wrong);

  EXPECT(wrong, c8x8_stop_campaign(NULL, CAMPAIGN, NULL, &json), "client is NULL");
  EXPECT(wrong, c8x8_stop_campaign(client, NULL, NULL, &json), "campaign_id is NULL");
  EXPECT(wrong, c8x8_stop_campaign(client, BAD_UTF8, NULL, &json), "campaign_id is not valid UTF-8");
  CHECK(c8x8_stop_campaign(NULL, NULL, NULL, NULL) == wrong);

  EXPECT(wrong, c8x8_add_records(NULL, CAMPAIGN, one, NULL, &json), "client is NULL");
  EXPECT(wrong, c8x8_add_records(client, NULL, one, NULL, &json), "campaign_id is NULL");
  EXPECT(wrong, c8x8_add_records(client, CAMPAIGN, NULL, NULL, &json), "request_json is NULL");
  EXPECT(wrong, c8x8_add_records(client, BAD_UTF8, one, NULL, &json), "campaign_id is not valid UTF-8");
  EXPECT(wrong, c8x8_add_records(client, CAMPAIGN, BAD_UTF8, NULL, &json), "request_json is not valid UTF-8");
  EXPECT(wrong, c8x8_add_records(client, CAMPAIGN, "[1]", NULL, &json), "object");
  EXPECT(wrong, c8x8_add_records(client, CAMPAIGN, "{\"records\":[{\"id\":1}]}", NULL, &json), "records[0]");
  EXPECT(C8X8_ERR_VALIDATION, c8x8_add_records(client, CAMPAIGN, "{\"records\":[]}", NULL, &json), "Size");
  CHECK(c8x8_add_records(NULL, NULL, NULL, NULL, NULL) == wrong);
}

static void uploads(const c8x8_client *client) {
  const int32_t wrong = C8X8_ERR_INVALID_ARGUMENT;
  const char *source = "{\"records\":[]}";
  c8x8_uploader *untouched = (c8x8_uploader *)&untouched;
  c8x8_uploader *uploader = untouched;

  EXPECT(wrong, c8x8_upload_records(NULL, CAMPAIGN, source, NULL, NULL, NULL, NULL, &json), "client is NULL");
  EXPECT(wrong, c8x8_upload_records(client, NULL, source, NULL, NULL, NULL, NULL, &json), "campaign_id is NULL");
  EXPECT(wrong, c8x8_upload_records(client, CAMPAIGN, NULL, NULL, NULL, NULL, NULL, &json), "source_json is NULL");
  EXPECT(wrong, c8x8_upload_records(client, BAD_UTF8, source, NULL, NULL, NULL, NULL, &json), "campaign_id");
  EXPECT(wrong, c8x8_upload_records(client, CAMPAIGN, BAD_UTF8, NULL, NULL, NULL, NULL, &json), "source_json");
  EXPECT(wrong, c8x8_upload_records(client, CAMPAIGN, source, BAD_UTF8, NULL, NULL, NULL, &json), "options_json");
  EXPECT(wrong, c8x8_upload_records(client, CAMPAIGN, "{}", NULL, NULL, NULL, NULL, &json), "source");
  EXPECT(wrong, c8x8_upload_records(client, CAMPAIGN, "{\"records\":[{\"id\":1}]}", NULL, NULL, NULL, NULL, &json),
         "id");
  EXPECT(wrong, c8x8_upload_records(client, CAMPAIGN, source, "{\"concurrency\":65}", NULL, NULL, NULL, &json), "64");
  EXPECT(C8X8_ERR_STORAGE,
         c8x8_upload_records(client, CAMPAIGN, "{\"csv\":\"no/such.csv\"}", NULL, NULL, NULL, NULL, &json),
         "no/such.csv");
  CHECK(c8x8_upload_records(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) == wrong);
  EXPECT(C8X8_OK, c8x8_upload_records(client, CAMPAIGN, source, NULL, NULL, NULL, NULL, &json), "\"complete\":true");

  EXPECT(wrong, c8x8_uploader_new(NULL, CAMPAIGN, NULL, NULL, NULL, NULL, &uploader, &json), "client is NULL");
  EXPECT(wrong, c8x8_uploader_new(client, NULL, NULL, NULL, NULL, NULL, &uploader, &json), "campaign_id is NULL");
  EXPECT(wrong, c8x8_uploader_new(client, CAMPAIGN, NULL, NULL, NULL, NULL, NULL, &json), "out_uploader is NULL");
  EXPECT(wrong, c8x8_uploader_new(client, CAMPAIGN, BAD_UTF8, NULL, NULL, NULL, &uploader, &json), "options_json");
  EXPECT(wrong, c8x8_uploader_new(client, CAMPAIGN, "{\"x\":1}", NULL, NULL, NULL, &uploader, &json), "x");
  CHECK(c8x8_uploader_new(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) == wrong);
  CHECK(uploader == untouched);

  EXPECT(C8X8_OK, c8x8_uploader_new(client, CAMPAIGN, NULL, NULL, NULL, NULL, &uploader, &json), "campaignId");
  EXPECT(wrong, c8x8_uploader_push(NULL, source, &json), "uploader is NULL");
  EXPECT(wrong, c8x8_uploader_push(uploader, NULL, &json), "request_json is NULL");
  EXPECT(wrong, c8x8_uploader_push(uploader, BAD_UTF8, &json), "request_json is not valid UTF-8");
  EXPECT(wrong, c8x8_uploader_push(uploader, "{\"record\":[]}", &json), "records");
  EXPECT(wrong, c8x8_uploader_finish(NULL, &json), "uploader is NULL");
  EXPECT(C8X8_OK, c8x8_uploader_finish(uploader, &json), "\"total\":0");
  EXPECT(wrong, c8x8_uploader_finish(uploader, &json), "has finished");
  EXPECT(wrong, c8x8_uploader_push(uploader, source, &json), "has finished");
  CHECK(c8x8_uploader_push(NULL, NULL, NULL) == wrong && c8x8_uploader_finish(NULL, NULL) == wrong);
  c8x8_uploader_free(uploader);
  c8x8_uploader_free(NULL);
}

/* A text of `count` times `piece` between two others. */
static char *repeat(const char *before, const char *piece, size_t count, const char *after) {
  const size_t length = strlen(piece);
  char *text = malloc(strlen(before) + count * length + strlen(after) + 1);
  char *end = text;
  CHECK(text != NULL);
  end += sprintf(end, "%s", before);
  for (; count > 0; count--, end += length)
    memcpy(end, piece, length);
  strcpy(end, after);
  return text;
}

/* Every function that reads JSON refuses what is made to hurt: deep nesting, endless strings, keys that come twice. */
static void hostile(const c8x8_client *client) {
  const int32_t wrong = C8X8_ERR_INVALID_ARGUMENT;
  const size_t ten_megabytes = 10 * 1024 * 1024;
  char *texts[4];
  texts[0] = repeat("{\"records\":", "[", 100000, "");
  texts[1] = repeat("{\"", "x", ten_megabytes, "\":1}");
  texts[2] = repeat("{\"records\":[],", "\"records\":[],", 1, "\"action\":1,\"action\":1}");
  texts[3] = repeat("", "{\"a\":", 100000, "");
  for (int n = 0; n < 4; n++) {
    const char *text = texts[n];
    c8x8_client *made = NULL;
    c8x8_uploader *uploader = NULL;
    EXPECT(C8X8_ERR_CONFIG, c8x8_client_new(text, &made, &json), "\"kind\":\"config\"");
    EXPECT(wrong, c8x8_modify_campaign(client, CAMPAIGN, text, NULL, &json), "invalidArgument");
    EXPECT(wrong, c8x8_launch_campaign(client, CAMPAIGN, text, NULL, &json), "invalidArgument");
    EXPECT(wrong, c8x8_add_records(client, CAMPAIGN, text, NULL, &json), "invalidArgument");
    EXPECT(wrong, c8x8_validate_records(text, &json), "invalidArgument");
    EXPECT(wrong, c8x8_upload_records(client, CAMPAIGN, text, NULL, NULL, NULL, NULL, &json), "invalidArgument");
    EXPECT(wrong, c8x8_upload_records(client, CAMPAIGN, "{\"records\":[]}", text, NULL, NULL, NULL, &json), "options");
    EXPECT(wrong, c8x8_uploader_new(client, CAMPAIGN, text, NULL, NULL, NULL, &uploader, &json), "invalidArgument");
    EXPECT(C8X8_OK, c8x8_uploader_new(client, CAMPAIGN, NULL, NULL, NULL, NULL, &uploader, &json), CAMPAIGN);
    EXPECT(wrong, c8x8_uploader_push(uploader, text, &json), "invalidArgument");
    c8x8_uploader_free(uploader);
    CHECK(made == NULL);
    free(texts[n]);
  }
  /* A long id is a broken rule, and the error that says so stays short. */
  char *text = repeat("{\"records\":[{\"crmRecordId\":\"", "x", ten_megabytes, "\"}]}");
  char *json = NULL;
  CHECK(c8x8_validate_records(text, &json) == C8X8_ERR_VALIDATION && strlen(json) < 2000);
  c8x8_string_free(json);
  free(text);
}

static void without_a_client(void) {
  EXPECT(C8X8_OK, c8x8_validate_records("{\"records\":[{\"crmRecordId\":\"A\"}]}", &json),
         "{\"valid\":true,\"records\":1}");
  EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_validate_records(NULL, &json), "request_json is NULL");
  EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_validate_records(BAD_UTF8, &json), "UTF-8");
  EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_validate_records("", &json), "request");
  EXPECT(C8X8_ERR_VALIDATION, c8x8_validate_records("{\"records\":[{\"crmRecordId\":\" \"}]}", &json), "NotBlank");
  CHECK(c8x8_validate_records(NULL, NULL) == C8X8_ERR_INVALID_ARGUMENT);
  CHECK(c8x8_validate_records("{\"records\":[{\"crmRecordId\":\"A\"}]}", NULL) == C8X8_OK);

  EXPECT(C8X8_OK, c8x8_state_machine(&json), "\"acceptsRecords\"");
  CHECK(c8x8_state_machine(NULL) == C8X8_OK);

  CHECK(strcmp(c8x8_status_name(0), "C8X8_OK") == 0);
  CHECK(strcmp(c8x8_status_name(C8X8_ERR_INTERNAL), "C8X8_ERR_INTERNAL") == 0);
  CHECK(strcmp(c8x8_status_name(C8X8_ERR_VALIDATION), "C8X8_ERR_VALIDATION") == 0);
  CHECK(strcmp(c8x8_status_name(-1), "unknown") == 0);
  CHECK(strcmp(c8x8_status_name(1000), "unknown") == 0);
  CHECK(c8x8_abi_version() == C8X8_ABI_VERSION);
  CHECK(strlen(c8x8_version()) >= 5);
  c8x8_string_free(NULL);
  c8x8_cancel_trigger(NULL);
  c8x8_cancel_free(NULL);
}

int main(void) {
  c8x8_client *client = new_client(NULL);
  clients();
  logs(client);
  calls(client);
  uploads(client);
  hostile(client);
  without_a_client();
  c8x8_client_free(client);
  return 0;
}
