/* Uploads from C: the report, progress that counts and cancels, a token, pushing, giving up. */
#include "check.h"

struct seen {
  int reports;
  int cancel_after;
  char last[512];
  c8x8_uploader *uploader;
};

static int32_t look(const char *progress_json, void *userdata) {
  struct seen *seen = userdata;
  CHECK(strlen(progress_json) < sizeof seen->last);
  strcpy(seen->last, progress_json);
  seen->reports++;
  if (seen->uploader != NULL)
    EXPECT(C8X8_ERR_INVALID_ARGUMENT, c8x8_uploader_finish(seen->uploader, &json), "must not call it");
  return seen->cancel_after > 0 && seen->reports >= seen->cancel_after;
}

/* {"records":[...]} with ids PREFIX-0 and on. */
static char *records(const char *prefix, int count) {
  char *text = malloc((size_t)count * 64 + 32);
  size_t length = 0;
  CHECK(text != NULL);
  length += (size_t)sprintf(text + length, "{\"records\":[");
  for (int n = 0; n < count; n++)
    length += (size_t)sprintf(text + length, "%s{\"crmRecordId\":\"%s-%d\"}", n == 0 ? "" : ",", prefix, n);
  sprintf(text + length, "]}");
  return text;
}

static void whole(const c8x8_client *client) {
  struct seen seen = {0, 0, "", NULL};
  char *source = records("whole", 500);
  EXPECT(C8X8_OK, c8x8_upload_records(client, CAMPAIGN, source, "{\"concurrency\":2}", look, &seen, NULL, &json),
         "\"counts\":{\"total\":500,\"added\":500,\"alreadyPresent\":0,\"rejected\":0,\"refused\":0,\"notSent\":0,"
         "\"unknown\":0}");
  CHECK(seen.reports >= 2);
  CHECK(strstr(seen.last, "\"total\":500,\"done\":500,\"added\":500") != NULL);
  /* Once more: all are there, and each is said to be. */
  EXPECT(C8X8_OK, c8x8_upload_records(client, CAMPAIGN, source, NULL, NULL, NULL, NULL, &json),
         "\"alreadyPresent\":500");
  free(source);
}

static void cancelled(const c8x8_client *client) {
  struct seen seen = {0, 1, "", NULL};
  char *source = records("cancelled", 2000);
  c8x8_cancel *cancel = c8x8_cancel_new();
  EXPECT(C8X8_ERR_CANCELLED, c8x8_upload_records(client, CAMPAIGN, source, NULL, look, &seen, NULL, &json),
         "\"report\":{\"campaignId\"");
  c8x8_cancel_trigger(cancel);
  EXPECT(C8X8_ERR_CANCELLED, c8x8_upload_records(client, CAMPAIGN, source, NULL, NULL, NULL, cancel, &json),
         "\"notSent\":2000");
  c8x8_cancel_free(cancel);
  free(source);
}

static void pushed(const c8x8_client *client) {
  struct seen seen = {0, 0, "", NULL};
  char *first = records("first", 150);
  char *second = records("second", 150);
  c8x8_uploader *uploader = NULL;
  EXPECT(C8X8_OK, c8x8_uploader_new(client, CAMPAIGN, NULL, look, &seen, NULL, &uploader, &json), CAMPAIGN);
  seen.uploader = uploader;
  EXPECT(C8X8_OK, c8x8_uploader_push(uploader, first, &json), "{\"records\":150}");
  EXPECT(C8X8_OK, c8x8_uploader_push(uploader, second, &json), "{\"records\":150}");
  EXPECT(C8X8_OK, c8x8_uploader_push(uploader, "{\"records\":[{\"crmRecordId\":\" \"}]}", &json), "{\"records\":1}");
  EXPECT(C8X8_OK, c8x8_uploader_finish(uploader, &json),
         "\"total\":301,\"added\":300,\"alreadyPresent\":0,\"rejected\":1");
  CHECK(seen.reports >= 2);
  c8x8_uploader_free(uploader);

  /* Given up, and freed after its client. */
  c8x8_client *other = new_client(NULL);
  EXPECT(C8X8_OK, c8x8_uploader_new(other, CAMPAIGN, NULL, NULL, NULL, NULL, &uploader, &json), CAMPAIGN);
  EXPECT(C8X8_OK, c8x8_uploader_push(uploader, first, &json), "150");
  c8x8_client_free(other);
  c8x8_uploader_free(uploader);
  free(first);
  free(second);
}

int main(void) {
  c8x8_client *client = new_client(NULL);
  whole(client);
  cancelled(client);
  pushed(client);
  c8x8_client_free(client);
  return 0;
}
