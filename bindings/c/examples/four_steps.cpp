// The vendor's four steps: build and start, add records, pause. Settings come from CAMPAIGNS8X8_BASE_URL (or
// CAMPAIGNS8X8_CUSTOMER_SITE), CAMPAIGNS8X8_API_KEY and CAMPAIGNS8X8_TENANT. Usage: four_steps CAMPAIGN_ID
#include <campaigns8x8.hpp>

#include <iostream>

int main(int argc, char **argv) try {
  const std::string campaign = argc > 1 ? argv[1] : "123e4567-e89b-12d3-a456-426614174000";
  const auto client = campaigns8x8::Client::from_environment();

  std::cout << client.launch_campaign(campaign, R"({"strategy":"buildThenStart","pollIntervalMs":100})") << '\n';
  std::cout << client.add_records(campaign, R"({"records":[{"crmRecordId":"CRM-1"},{"crmRecordId":"CRM-2"}]})") << '\n';
  std::cout << client.modify_campaign(campaign, R"({"action":"PAUSE"})") << '\n';
} catch (const campaigns8x8::Error &error) {
  std::cerr << error.what() << '\n';
  return error.status();
}
