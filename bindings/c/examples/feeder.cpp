// A dialer feeder: several threads find contacts and push them into one upload, which sends them in batches and says in
// the end what became of each. Settings come from CAMPAIGNS8X8_BASE_URL (or CAMPAIGNS8X8_CUSTOMER_SITE),
// CAMPAIGNS8X8_API_KEY and CAMPAIGNS8X8_TENANT. Usage: feeder CAMPAIGN_ID [CONTACTS]
#include <campaigns8x8.hpp>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <thread>
#include <vector>

struct Contact {
  int number;
  bool urgent;
};

static std::string to_json(const Contact &contact) {
  return R"({"crmRecordId":"CRM-)" + std::to_string(contact.number) + R"(","priority":")" +
         (contact.urgent ? "HIGH" : "LOW") + R"("})";
}

// One region's contacts: in a real feeder, rows of a database.
static std::vector<Contact> contacts_of(int region, int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), region * count);
  std::vector<Contact> contacts;
  std::transform(numbers.begin(), numbers.end(), std::back_inserter(contacts),
                 [](int number) { return Contact{number, number % 10 == 0}; });
  return contacts;
}

int main(int argc, char **argv) try {
  const std::string campaign = argc > 1 ? argv[1] : "123e4567-e89b-12d3-a456-426614174000";
  const int contacts = argc > 2 ? std::stoi(argv[2]) : 1000;
  const int regions = 4;
  const auto client = campaigns8x8::Client::from_environment();
  campaigns8x8::Uploader uploader(client, campaign, R"({"concurrency":4})", [](std::string_view progress) {
    std::cerr << progress << '\n';
    return 0; // anything else cancels
  });

  // Pushes from several threads wait for each other; each thread keeps what went wrong for the one that finishes.
  std::vector<std::thread> feeders;
  for (int region = 0; region < regions; region++)
    feeders.emplace_back([&, region] {
      for (const Contact &contact : contacts_of(region, contacts / regions))
        if (!uploader.try_push_record(to_json(contact)))
          return; // the upload has stopped; finish() says why
    });
  for (std::thread &feeder : feeders)
    feeder.join();

  std::cout << uploader.finish() << '\n';
} catch (const campaigns8x8::Error &error) {
  std::cerr << error.what() << '\n';
  return error.status();
}
