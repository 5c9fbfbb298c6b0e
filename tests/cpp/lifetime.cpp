// Objects of the wrapper are destroyed, moved and replaced in every order while an upload is at work, and inside their
// own functions. For a sanitizer, or valgrind, to watch: what a function holds is freed as soon as nobody may call it
// any more.
#include <campaigns8x8.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      std::cerr << __FILE__ << ':' << __LINE__ << ": not so: " << #condition << '\n';                                  \
      std::exit(1);                                                                                                    \
    }                                                                                                                  \
  } while (0)

using namespace campaigns8x8;
using namespace std::chrono_literals;

static_assert(std::is_nothrow_move_assignable_v<Client> && std::is_nothrow_move_assignable_v<Uploader>);

static const char *const campaign = "123e4567-e89b-12d3-a456-426614174000";

static std::string record(int n) {
  static int records = 0;
  return R"({"crmRecordId":")" + std::to_string(records++) + "-" + std::to_string(n) + "\"}";
}

// What a function holds: gone with the function, and looked at for as long as the function runs.
struct Held {
  std::unique_ptr<int> number = std::make_unique<int>(8);
  Held() = default;
  Held(const Held &) {}
  ~Held() { *number = 0; }
  void check() const { CHECK(*number == 8); }
};

static Client::Log log(std::atomic<int> &lines) {
  return [&lines, held = Held()](int32_t, std::string_view line) {
    lines++;
    CHECK(!line.empty());
    std::this_thread::sleep_for(2ms);
    held.check();
    throw 7; // is swallowed
  };
}

struct Work {
  std::atomic<int> lines{0};
  std::optional<Cancel> cancel{std::in_place};
  std::optional<Client> client{Client::from_environment()};
  std::optional<Uploader> uploader;

  // An upload at work: requests are under way, and the log function has been called.
  Work() {
    client->set_log(4, log(lines));
    uploader.emplace(
        *client, campaign, R"({"concurrency":4,"batchSize":3})",
        [held = Held()](std::string_view) {
          held.check();
          return 0;
        },
        &*cancel);
    for (int n = 0; n < 24; n++)
      uploader->push_record(record(n));
    while (lines == 0)
      std::this_thread::sleep_for(1ms);
  }

  // With one more request, which is certain to come after whatever was done before.
  void finish() {
    for (int n = 24; n < 27; n++)
      uploader->push_record(record(n));
    CHECK(uploader->finish().find(R"("total":27,"added":27)") != std::string::npos);
  }
};

static void every_order() {
  std::array<int, 3> order = {0, 1, 2};
  do {
    Work work;
    for (const int what : order) {
      if (what == 0)
        work.client.reset();
      else if (what == 1)
        work.uploader.reset();
      else
        work.cancel.reset();
      const int lines = work.lines;
      std::this_thread::sleep_for(4ms);
      CHECK(work.client || work.lines == lines);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

static void moved_and_replaced() {
  Work work;
  Client moved = std::move(*work.client);
  CHECK(work.client->get() == nullptr && !work.client->try_set_log(4, nullptr));
  work.client.reset(); // a moved-from object
  for (int n = 0; n < 10; n++) {
    moved.set_log(4, log(work.lines));
    std::this_thread::sleep_for(1ms);
  }
  // The client that is assigned over was at work, and had a log function.
  moved = Client::from_environment();
  const int lines = work.lines;
  work.finish();
  CHECK(work.lines == lines);
  moved.set_log(4, log(work.lines));
  CHECK(moved.try_modify_campaign(campaign, R"({"action":"RETRY"})").status == C8X8_ERR_CONFLICT);
  CHECK(work.lines == lines + 1);
  CHECK(Client::try_from_environment(moved) && !moved.try_modify_campaign(campaign, R"({"action":"RETRY"})"));
  CHECK(work.lines == lines + 1);

  // An uploader at work is assigned over, and moved while it is at work.
  Work other;
  Uploader uploader = std::move(*other.uploader);
  CHECK(other.uploader->get() == nullptr && !other.uploader->try_push(R"({"records":[]})"));
  other.uploader.reset();
  uploader = Uploader(*other.client, campaign);
  uploader.push_record(record(0));
  CHECK(uploader.finish().find(R"("added":1)") != std::string::npos);
  uploader = Uploader();
  CHECK(uploader.get() == nullptr && uploader.try_finish().status == C8X8_ERR_INVALID_ARGUMENT);
}

// A log function replaces itself, and another one destroys its client; both run to their end.
static void inside_the_log_function() {
  auto client = std::make_unique<Client>(Client::from_environment());
  std::atomic<int> lines{0};
  client->set_log(4, [&, held = Held()](int32_t, std::string_view) {
    client->set_log(4, [&, held = Held()](int32_t, std::string_view) {
      client.reset();
      lines++;
      held.check();
    });
    lines++;
    held.check();
  });
  CHECK(client->try_modify_campaign(campaign, R"({"action":"RETRY"})").status == C8X8_ERR_CONFLICT);
  CHECK(lines == 1);
  CHECK(client->try_modify_campaign(campaign, R"({"action":"RETRY"})").status == C8X8_ERR_CONFLICT);
  CHECK(lines == 2 && !client);

  // On an upload's thread.
  Work work;
  std::atomic<bool> armed{false};
  work.client->set_log(4, [&, held = Held()](int32_t, std::string_view) {
    if (armed.exchange(false))
      work.client.reset();
    held.check();
  });
  armed = true; // not before the call that sets it has returned
  work.finish();
  CHECK(!work.client);
}

// A progress function destroys the uploader that it reports on, inside push and inside finish, and may throw besides.
static void inside_the_progress_function(bool pushing, bool throwing) {
  const Client client = Client::from_environment();
  auto uploader = std::make_unique<Uploader>();
  bool armed = false;
  int calls = 0, thrown = 0;
  const auto progress = [&, held = Held()](std::string_view) {
    if (!armed)
      return 0;
    calls++;
    uploader.reset();
    held.check();
    if (throwing)
      throw 42;
    return 0;
  };
  *uploader = Uploader(client, campaign, R"({"concurrency":1,"batchSize":1})", progress);
  try {
    armed = pushing;
    // No more than this object is left once the function was called.
    for (int n = 0; uploader && n < (pushing ? 400 : 3); n++)
      (void)uploader->try_push_record(record(n));
    armed = true;
    if (uploader)
      (void)uploader->try_finish();
  } catch (int number) {
    thrown = number;
  }
  CHECK(calls == 1 && !uploader && thrown == (throwing ? 42 : 0));
}

int main() {
  every_order();
  moved_and_replaced();
  inside_the_log_function();
  for (const bool pushing : {true, false})
    for (const bool throwing : {true, false})
      inside_the_progress_function(pushing, throwing);
  return 0;
}
