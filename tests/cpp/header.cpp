// The C header in a C++11 program: it compiles without a warning, and every function can be called.
#include <campaigns8x8.h>

#include <cstring>

static void take_line(int32_t, const char *, void *) {}
static int32_t take_progress(const char *, void *) { return 0; }

int main() {
  if (!C8X8_HEADER_MATCHES_LIBRARY() || c8x8_abi_version() != C8X8_ABI_VERSION || std::strlen(c8x8_version()) == 0)
    return 1;
  if (std::strcmp(c8x8_status_name(C8X8_ERR_TLS), "C8X8_ERR_TLS") != 0)
    return 2;
  const char *campaign = "123e4567-e89b-12d3-a456-426614174000";
  const char *records = "{\"records\":[{\"crmRecordId\":\"CRM-1\"}]}";
  c8x8_client *client = nullptr;
  char *json = nullptr;
  if (c8x8_client_new(nullptr, &client, &json) != C8X8_OK)
    return 3;
  c8x8_string_free(json);
  c8x8_cancel *cancel = c8x8_cancel_new();
  bool good = c8x8_client_set_log(client, 4, take_line, nullptr) == C8X8_OK &&
              c8x8_validate_records(records, nullptr) == C8X8_OK && c8x8_state_machine(nullptr) == C8X8_OK &&
              c8x8_add_records(client, campaign, records, cancel, nullptr) == C8X8_OK &&
              c8x8_launch_campaign(client, campaign, nullptr, cancel, nullptr) == C8X8_OK &&
              c8x8_modify_campaign(client, campaign, "{\"action\":\"RESUME\"}", cancel, nullptr) == C8X8_ERR_CONFLICT;
  c8x8_uploader *uploader = nullptr;
  const char *source = "{\"records\":[{\"crmRecordId\":\"CRM-2\"}]}";
  good = good &&
         c8x8_upload_records(client, campaign, source, nullptr, take_progress, nullptr, cancel, nullptr) == C8X8_OK;
  good = good &&
         c8x8_uploader_new(client, campaign, nullptr, take_progress, nullptr, cancel, &uploader, nullptr) == C8X8_OK;
  good = good && c8x8_uploader_push(uploader, "{\"records\":[{\"crmRecordId\":\"CRM-3\"}]}", nullptr) == C8X8_OK;
  good = good && c8x8_uploader_finish(uploader, nullptr) == C8X8_OK;
  c8x8_uploader_free(uploader);
  c8x8_cancel_trigger(cancel);
  good = good && c8x8_stop_campaign(client, campaign, cancel, nullptr) == C8X8_ERR_CANCELLED;
  c8x8_cancel_free(cancel);
  c8x8_client_free(client);
  return good ? 0 : 4;
}
