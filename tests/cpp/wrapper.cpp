// The C++ wrapper: what it throws, what it returns instead, what moves, and what a log function may do.
#include <campaigns8x8.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <type_traits>
#include <vector>

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      std::cerr << __FILE__ << ':' << __LINE__ << ": not so: " << #condition << '\n';                                  \
      std::exit(1);                                                                                                    \
    }                                                                                                                  \
  } while (0)

using namespace campaigns8x8;

static_assert(!std::is_copy_constructible_v<Client> && std::is_nothrow_move_constructible_v<Client>);
static_assert(!std::is_copy_constructible_v<Cancel> && std::is_nothrow_move_constructible_v<Cancel>);
static_assert(std::is_base_of_v<std::runtime_error, Error> && std::is_nothrow_copy_constructible_v<Error>);

static_assert(!std::is_copy_constructible_v<Uploader> && std::is_nothrow_move_constructible_v<Uploader>);

static const char *const campaign = "123e4567-e89b-12d3-a456-426614174000";

template <typename Call> static Error thrown_by(Call &&call) {
  try {
    call();
  } catch (const Error &error) {
    return error;
  }
  std::cerr << "nothing was thrown\n";
  std::exit(1);
}

static void uploads(const Client &client) {
  int reports = 0;
  std::string last;
  const auto look = [&](std::string_view progress) {
    reports++;
    last = progress;
    return 0;
  };
  const char *source = R"({"records":[{"crmRecordId":"UP-1"},{"crmRecordId":"UP-2"},{"crmRecordId":" "}]})";
  const std::string report = client.upload_records(campaign, source, R"({"batchSize":1})", look);
  CHECK(report.find(R"("total":3,"added":2,"alreadyPresent":0,"rejected":1)") != std::string::npos);
  CHECK(reports >= 2 && last.find(R"("done":3)") != std::string::npos);

  const Error stopped = thrown_by([&] { client.upload_records(campaign, source, {}, [](auto) { return 1; }); });
  CHECK(stopped.status() == C8X8_ERR_CANCELLED && stopped.json().find(R"("report":{)") != std::string::npos);

  // What the progress function throws ends the upload and arrives.
  int thrown = 0;
  try {
    client.upload_records(campaign, source, {}, [](std::string_view) -> int32_t { throw 42; });
  } catch (int number) {
    thrown = number;
  }
  CHECK(thrown == 42);

  Uploader first(client, campaign, R"({"concurrency":2})", look);
  first.push(R"({"records":[{"crmRecordId":"PUSH-1"},{"crmRecordId":"PUSH-2"}]})");
  Uploader moved = std::move(first);
  CHECK(!first.try_push(R"({"records":[]})") && first.try_finish().status == C8X8_ERR_INVALID_ARGUMENT);
  moved.push(R"({"records":[{"crmRecordId":"PUSH-3"}]})");
  const std::vector<std::string> more = {R"({"crmRecordId":"PUSH-4"})", R"({"crmRecordId":"PUSH-5"})"};
  std::copy(more.begin(), more.end(), moved.inserter());
  CHECK(thrown_by([&] { moved.push_record(R"({"id":"PUSH-6"})"); }).status() == C8X8_ERR_INVALID_ARGUMENT);
  CHECK(moved.finish().find(R"("added":5)") != std::string::npos);
  CHECK(thrown_by([&] { moved.finish(); }).status() == C8X8_ERR_INVALID_ARGUMENT);
  CHECK(thrown_by([&] { Uploader wrong(client, "no-uuid"); }).status() == C8X8_ERR_INVALID_ARGUMENT);
  CHECK(thrown_by([&] { Uploader wrong(client, campaign, "{"); }).status() == C8X8_ERR_INVALID_ARGUMENT);
}

// What the wrapper reads out of an error object: by name, at the top only, with every escape.
static void members_of_an_error() {
  const char *const json = R"({"http":{"hint":"inner","list":["hint",{"hint":"deep"}]},"kind":"hint","hint":)"
                           R"("a \"b\" \\ \u000b \u00e9\u20AC\ud83d\ude00\n","message":null})";
  CHECK(detail::member(json, "hint") == "a \"b\" \\ \v \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n");
  CHECK(detail::member(json, "kind") == "hint");
  CHECK(detail::member(json, "message").empty() && detail::member(json, "list").empty());
  CHECK(detail::member("", "hint").empty() && detail::member(R"({"hint":"cut off)", "hint") == "cut off");
}

int main() {
  members_of_an_error();
  Client client = Client::from_environment();
  Client moved = std::move(client);
  CHECK(client.get() == nullptr);

  // A moved-from client is an error, not a crash.
  CHECK(thrown_by([&] { client.stop_campaign(campaign); }).status() == C8X8_ERR_INVALID_ARGUMENT);

  const Error conflict = thrown_by([&] { moved.modify_campaign(campaign, R"({"action":"PAUSE"})"); });
  CHECK(conflict.status() == C8X8_ERR_CONFLICT);
  CHECK(conflict.json().find(R"("kind":"conflict")") != std::string::npos);
  CHECK(conflict.kind() == "conflict" && conflict.message().find("409") == 0 && !conflict.hint().empty());
  CHECK(std::string(conflict.what()) == "C8X8_ERR_CONFLICT: " + conflict.message() + " (" + conflict.hint() + ")");

  const Result refused = moved.try_stop_campaign(campaign);
  CHECK(refused.kind() == "conflict" && refused.message().find("PURGE") != std::string::npos);
  CHECK(!refused && refused.status == C8X8_ERR_CONFLICT && refused.json.find("PURGE") != std::string::npos);

  CHECK(thrown_by([] { Client wrong(R"({"customerSite":"US9"})"); }).status() == C8X8_ERR_CONFIG);
  CHECK(!Client::try_new("{", moved) && moved.get() != nullptr);

  // A view need not end in NUL, and a NUL inside is not cut off in silence.
  const std::string_view longer = "123e4567-e89b-12d3-a456-426614174000 and more";
  CHECK(moved.try_add_records(longer.substr(0, 36), R"({"records":[{"crmRecordId":"CRM-1"}]})"));
  using namespace std::string_view_literals;
  const Result cut = moved.try_modify_campaign(campaign, "{\"action\":\"BUILD\"}\0garbage"sv);
  CHECK(cut.status == C8X8_ERR_INVALID_ARGUMENT && cut.json.find("UTF-8") != std::string::npos);

  int lines = 0;
  moved.set_log(4, [&](int32_t level, std::string_view line) {
    CHECK(level >= 1 && level <= 4 && line.find(campaign) != std::string_view::npos);
    lines++;
    throw 7;
  });
  Client again = std::move(moved);
  CHECK(again.try_modify_campaign(campaign, R"({"action":"BUILD"})"));
  CHECK(lines == 1);
  again.set_log(1, nullptr);
  CHECK(thrown_by([&] { again.set_log(9, [](int32_t, std::string_view) {}); }).status() == C8X8_ERR_INVALID_ARGUMENT);

  uploads(again);

  const Cancel cancel;
  cancel.trigger();
  CHECK(again.try_launch_campaign(campaign, {}, &cancel).status == C8X8_ERR_CANCELLED);

  CHECK(validate_records(R"({"records":[{"crmRecordId":"A"}]})").find("true") != std::string::npos);
  CHECK(thrown_by([] { validate_records(R"({"records":[]})"); }).status() == C8X8_ERR_VALIDATION);
  CHECK(state_machine().find("BUILDING") != std::string::npos);
  CHECK(version().size() >= 5);
  return 0;
}
