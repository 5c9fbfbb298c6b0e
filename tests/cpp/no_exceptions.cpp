// The wrapper in a program that is built without exceptions.
#include <campaigns8x8.hpp>

int main() {
  campaigns8x8::Client client;
  const char *const campaign = "123e4567-e89b-12d3-a456-426614174000";
  if (campaigns8x8::Client::try_new("{", client) || client.get() != nullptr)
    return 1;
  if (!campaigns8x8::Client::try_from_environment(client))
    return 2;
  if (!client.try_set_log(4, [](int32_t, std::string_view) {}))
    return 3;
  if (!client.try_launch_campaign(campaign))
    return 4;
  campaigns8x8::Uploader uploader;
  if (!campaigns8x8::Uploader::try_new(client, campaign, uploader, {}, [](std::string_view) { return 0; }))
    return 6;
  if (!uploader.try_push_record(R"({"crmRecordId":"CRM-1"})") || !uploader.try_finish())
    return 7;
  if (!client.try_upload_records(campaign, R"({"records":[{"crmRecordId":"CRM-2"}]})"))
    return 8;
  const campaigns8x8::Result refused = client.try_add_records(campaign, "{");
  if (refused.kind() != "invalidArgument" || refused.message().empty())
    return 9;
  return refused.status == C8X8_ERR_INVALID_ARGUMENT ? 0 : 5;
}
