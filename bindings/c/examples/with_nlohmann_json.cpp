// The wrapper takes and gives JSON as text, so that it needs no JSON library: any goes on top. Here nlohmann-json
// builds the requests, and reads an upload's report and an error. Settings come from CAMPAIGNS8X8_BASE_URL (or
// CAMPAIGNS8X8_CUSTOMER_SITE), CAMPAIGNS8X8_API_KEY and CAMPAIGNS8X8_TENANT. Usage: with_nlohmann_json CAMPAIGN_ID
#include <campaigns8x8.hpp>

#include <iostream>
#include <nlohmann/json.hpp>

using nlohmann::json;

struct Contact {
  std::string id;
  double score;
};

static void to_json(json &record, const Contact &contact) {
  record = {{"crmRecordId", contact.id}, {"rank", contact.score}};
}

int main(int argc, char **argv) try {
  const std::string campaign = argc > 1 ? argv[1] : "123e4567-e89b-12d3-a456-426614174000";
  const auto client = campaigns8x8::Client::from_environment();
  const std::vector<Contact> contacts = {{"CRM-1", 0.5}, {"CRM-2", 1.5}, {"an id that is longer than allowed", 2.5}};

  const json source = {{"records", contacts}};
  const json options = {{"concurrency", 2}, {"deadlineMs", 60000}};
  const json report = json::parse(client.upload_records(campaign, source.dump(), options.dump()));
  std::cout << report["counts"]["added"] << " of " << report["counts"]["total"] << " added\n";
  for (const json &record : report["records"])
    std::cout << record["crmRecordId"].get<std::string>() << ": " << record["outcome"].get<std::string>() << ", "
              << record["fieldErrors"][0]["message"].get<std::string>() << '\n';

  // Without exceptions: the same error object, as a value.
  const campaigns8x8::Result resumed = client.try_modify_campaign(campaign, json{{"action", "RESUME"}}.dump());
  const json answer = json::parse(resumed.json);
  if (!resumed)
    std::cout << answer["kind"].get<std::string>() << ", outcome unknown: " << answer["outcomeUnknown"] << '\n';
} catch (const campaigns8x8::Error &error) {
  std::cerr << error.what() << '\n';
  return error.status();
}
