// campaigns8x8.hpp: C++17 over campaigns8x8.h. Header only; no dependency beside the library itself.
//
// Strings go in as std::string_view and come out as std::string, JSON in UTF-8 as the C header describes it. Handles
// are movable and not copyable, and may be destroyed in any order: no log or progress function begins to run once the
// object that it was given to is gone. Each call comes in two forms: `call(...)` throws campaigns8x8::Error,
// `try_call(...)` returns a campaigns8x8::Result and never throws what the library reports. With -fno-exceptions only
// the second form exists.
//
//   campaigns8x8::Client client(R"({"customerSite":"US1"})"); // the rest from CAMPAIGNS8X8_... in the environment
//   std::string campaign = client.launch_campaign(id);
//   client.add_records(id, R"({"records":[{"crmRecordId":"CRM-1"}]})");
//   client.upload_records(id, R"({"csv":"contacts.csv"})");
//   client.stop_campaign(id);
#ifndef CAMPAIGNS8X8_HPP
#define CAMPAIGNS8X8_HPP

#include "campaigns8x8.h"

#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define CAMPAIGNS8X8_EXCEPTIONS 1
#include <stdexcept>
#else
#define CAMPAIGNS8X8_EXCEPTIONS 0
#endif

namespace campaigns8x8 {

/// @cond Not for users.
namespace detail {

/// Reads one JSON string, whose opening quote `at` is past; leaves `at` past the closing one.
inline std::string string_of(std::string_view json, std::size_t &at) {
  const auto unit = [&] {
    unsigned value = 0;
    for (int digit = 0; digit < 4 && at < json.size(); ++digit, ++at) {
      const char c = json[at];
      value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
  };
  std::string text;
  while (at < json.size() && json[at] != '"') {
    char c = json[at++];
    if (c != '\\' || at == json.size()) {
      text += c;
      continue;
    }
    c = json[at++];
    if (c != 'u') {
      constexpr std::string_view letters = "bfnrt";
      const auto letter = letters.find(c);
      text += letter == letters.npos ? c : "\b\f\n\r\t"[letter];
      continue;
    }
    unsigned long point = unit();
    if (point >= 0xD800 && point < 0xDC00 && json.substr(at, 2) == "\\u") {
      at += 2;
      point = 0x10000 + ((point - 0xD800) << 10) + (unit() - 0xDC00);
    }
    const auto byte = [&](unsigned long bits) { text += static_cast<char>(bits); };
    const auto rest = [&](unsigned shift) { byte(0x80 | ((point >> shift) & 0x3F)); };
    if (point < 0x80) {
      byte(point);
    } else if (point < 0x800) {
      byte(0xC0 | (point >> 6)), rest(0);
    } else if (point < 0x10000) {
      byte(0xE0 | (point >> 12)), rest(6), rest(0);
    } else {
      byte(0xF0 | (point >> 18)), rest(12), rest(6), rest(0);
    }
  }
  at = at < json.size() ? at + 1 : at;
  return text;
}

/// The string that an object has under a name, not of an object inside it; empty if it has none. For JSON that the
/// library wrote, which is valid.
inline std::string member(std::string_view json, std::string_view name) {
  int depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at++];
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (c != '"')
      continue;
    const std::string key = string_of(json, at);
    if (depth == 1 && key == name && json.substr(at, 2) == ":\"")
      return string_of(json, at += 2);
    // A value is not a name.
    if (json.substr(at, 2) == ":\"")
      string_of(json, at += 2);
  }
  return {};
}

} // namespace detail
/// @endcond

/// What a call that does not throw returns: the status, and the result's JSON or the error's.
struct [[nodiscard]] Result {
  /// C8X8_OK, or one of C8X8_ERR_... .
  int32_t status = C8X8_ERR_INTERNAL;
  /// The result if the status is C8X8_OK, the error object otherwise, as the C header describes them.
  std::string json;

  /// Whether the status is C8X8_OK.
  explicit operator bool() const noexcept { return status == C8X8_OK; }

  /// Of an error: its kind, e.g. "conflict"; the status by its name in JSON. Empty if the call succeeded.
  std::string kind() const { return status == C8X8_OK ? std::string() : detail::member(json, "kind"); }
  /// Of an error: what happened. Empty if the call succeeded.
  std::string message() const { return status == C8X8_OK ? std::string() : detail::member(json, "message"); }
  /// Of an error: what to do next. Empty if the call succeeded.
  std::string hint() const { return status == C8X8_OK ? std::string() : detail::member(json, "hint"); }
};

#if CAMPAIGNS8X8_EXCEPTIONS
/// What a call that throws throws. what() is the name of the status, what happened, and what to do next.
class Error : public std::runtime_error {
public:
  /// An error of a call that did not succeed.
  explicit Error(Result result)
      : std::runtime_error(text(result)), result_(std::make_shared<const Result>(std::move(result))) {}

  /// C8X8_ERR_..., never C8X8_OK.
  int32_t status() const noexcept { return result_->status; }
  /// The status by its name in JSON, e.g. "conflict".
  std::string kind() const { return result_->kind(); }
  /// What happened.
  std::string message() const { return result_->message(); }
  /// What to do next.
  std::string hint() const { return result_->hint(); }
  /// The error object, as the C header describes it.
  const std::string &json() const noexcept { return result_->json; }

private:
  static std::string text(const Result &result) {
    std::string text = std::string(c8x8_status_name(result.status)) + ": " + result.message();
    const std::string hint = result.hint();
    return hint.empty() ? text : text + " (" + hint + ")";
  }

  // Shared, because copying an exception must not throw.
  std::shared_ptr<const Result> result_;
};
#endif

/// @cond Not for users.
namespace detail {

struct FreeString {
  void operator()(char *text) const noexcept { c8x8_string_free(text); }
};
struct FreeCancel {
  void operator()(c8x8_cancel *cancel) const noexcept { c8x8_cancel_free(cancel); }
};
struct FreeUploader {
  void operator()(c8x8_uploader *uploader) const noexcept { c8x8_uploader_free(uploader); }
};
struct FreeClient {
  void operator()(c8x8_client *client) const noexcept { c8x8_client_free(client); }
};

/// A string for C. A NUL byte inside would silently cut the text off, so it becomes a byte that is no UTF-8, which the
/// library refuses by the parameter's name.
inline std::string to_c(std::string_view text) {
  std::string copy(text);
  for (char &c : copy)
    if (c == '\0')
      c = '\xff';
  return copy;
}

/// Calls a C function that ends in an out_json, and takes its string over.
template <typename Call> Result call(Call &&call) {
  char *json = nullptr;
  Result result;
  result.status = call(&json);
  std::unique_ptr<char, FreeString> owner(json);
  if (json != nullptr)
    result.json = json;
  return result;
}

/// A log function behind the C callback. Shared, because a function that runs may replace itself or destroy its client.
class Log : public std::enable_shared_from_this<Log> {
public:
  explicit Log(std::function<void(int32_t, std::string_view)> function) : function_(std::move(function)) {}

  static void write(int32_t level, const char *line, void *userdata) {
    const std::shared_ptr<Log> self = static_cast<Log *>(userdata)->shared_from_this();
#if CAMPAIGNS8X8_EXCEPTIONS
    try {
      self->function_(level, line);
    } catch (...) {
      // An exception must not cross into the library.
    }
#else
    self->function_(level, line);
#endif
  }

private:
  std::function<void(int32_t, std::string_view)> function_;
};

/// A progress function behind the C callback. What it throws cancels the upload and is thrown again where C is left.
class Progress {
public:
  explicit Progress(std::function<int32_t(std::string_view)> function) : function_(std::move(function)) {}

  c8x8_progress_fn callback() const noexcept { return function_ ? &Progress::report : nullptr; }

  /// Throws what the function has thrown since this was last asked.
  void rethrow() {
#if CAMPAIGNS8X8_EXCEPTIONS
    std::unique_lock<std::mutex> lock(mutex_);
    std::exception_ptr thrown = std::exchange(thrown_, nullptr);
    lock.unlock();
    if (thrown)
      std::rethrow_exception(thrown);
#endif
  }

private:
  static int32_t report(const char *progress_json, void *userdata) {
    Progress &self = *static_cast<Progress *>(userdata);
#if CAMPAIGNS8X8_EXCEPTIONS
    try {
      return self.function_(progress_json);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(self.mutex_);
      self.thrown_ = std::current_exception();
      return 1;
    }
#else
    return self.function_(progress_json);
#endif
  }

  std::function<int32_t(std::string_view)> function_;
#if CAMPAIGNS8X8_EXCEPTIONS
  // Another thread may be in the function while this one leaves its own call.
  std::mutex mutex_;
  std::exception_ptr thrown_;
#endif
};

#if CAMPAIGNS8X8_EXCEPTIONS
inline std::string or_throw(Result result) {
  if (!result)
    throw Error(std::move(result));
  return std::move(result.json);
}
#endif

} // namespace detail
/// @endcond

/// The version of the library that is running.
inline std::string_view version() noexcept { return c8x8_version(); }

/// Which actions are valid in which state; see c8x8_state_machine.
inline Result try_state_machine() {
  return detail::call([](char **out) { return c8x8_state_machine(out); });
}

/// Checks records without sending them; see c8x8_validate_records.
inline Result try_validate_records(std::string_view request_json) {
  const std::string request = detail::to_c(request_json);
  return detail::call([&](char **out) { return c8x8_validate_records(request.c_str(), out); });
}

#if CAMPAIGNS8X8_EXCEPTIONS
/// As try_state_machine; throws Error.
inline std::string state_machine() { return detail::or_throw(try_state_machine()); }
/// As try_validate_records; throws Error.
inline std::string validate_records(std::string_view request_json) {
  return detail::or_throw(try_validate_records(request_json));
}
#endif

/// Ends the calls it is given to, from any thread.
class Cancel {
public:
  /// A token that is not triggered.
  Cancel() : handle_(c8x8_cancel_new()) {}

  /// Cancels, now and for good. Harmless more than once.
  void trigger() const noexcept { c8x8_cancel_trigger(handle_.get()); }

  /// The C handle; stays this object's.
  const c8x8_cancel *get() const noexcept { return handle_.get(); }

private:
  std::unique_ptr<c8x8_cancel, detail::FreeCancel> handle_;
};

/// Takes a report of progress as JSON, see c8x8_progress_fn, valid during the call. Returns 0 to go on, anything else
/// to cancel. What it throws cancels too, and is thrown again from the call that it was called in. It may destroy the
/// Uploader that it reports on: the upload is given up then, and the function is not called again.
using Progress = std::function<int32_t(std::string_view progress_json)>;

/// A client for the campaigns of one tenant. May be used from any number of threads at once; movable while no call uses
/// it. May be destroyed while an Uploader made with it is at work, which goes on without the log function.
class Client {
public:
  /// Takes a log line: its level (1 error, 2 warn, 3 info, 4 debug) and its text, valid during the call. Runs on the
  /// thread that makes the call, of an upload on the upload's own threads, where it must use no Uploader. What it
  /// throws is swallowed.
  using Log = std::function<void(int32_t level, std::string_view line)>;

  /// A client without one: only good to be assigned to, or to be made by try_new.
  Client() noexcept = default;

  /// Takes the other's client and its log function. The other is left without one.
  Client(Client &&) noexcept = default;

  /// The same. The client that was here is freed first; its log function does not run after that.
  Client &operator=(Client &&other) noexcept {
    handle_ = std::move(other.handle_);
    log_ = std::move(other.log_);
    return *this;
  }

#if CAMPAIGNS8X8_EXCEPTIONS
  /// A client with these settings; the environment supplies what is left out.
  explicit Client(std::string_view config_json) { detail::or_throw(try_new(config_json, *this)); }

  /// A client with all settings from the environment.
  static Client from_environment() {
    Client client;
    detail::or_throw(try_from_environment(client));
    return client;
  }
#endif

  /// Makes a client into `client`, which stays as it is on failure.
  static Result try_new(std::string_view config_json, Client &client) {
    const std::string config = detail::to_c(config_json);
    return make(config.c_str(), client);
  }

  /// The same with all settings from the environment.
  static Result try_from_environment(Client &client) { return make(nullptr, client); }

  /// Sends log lines up to `max_level` to `log`; an empty function sends no more. The function before does not run any
  /// more when this returns (so do not hold a lock that it takes), unless it is the one that calls this. From one
  /// thread at a time.
  Result try_set_log(int32_t max_level, Log log) {
    auto next = log ? std::make_shared<detail::Log>(std::move(log)) : nullptr;
    Result result;
    result.status = c8x8_client_set_log(handle_.get(), max_level, next ? &detail::Log::write : nullptr, next.get());
    if (result)
      log_ = std::move(next);
    else
      result.json = R"({"kind":"invalidArgument","message":"max_level is not 1 to 4, or the client is an empty one",)"
                    R"("hint":"pass 1 (error) to 4 (debug), to a client that try_new or a constructor made"})";
    return result;
  }

  /// One action; see c8x8_modify_campaign.
  Result try_modify_campaign(std::string_view campaign_id, std::string_view request_json,
                             const Cancel *cancel = nullptr) const {
    const std::string request = detail::to_c(request_json);
    return about(campaign_id, cancel, [&](const char *id, const c8x8_cancel *token, char **out) {
      return c8x8_modify_campaign(handle_.get(), id, request.c_str(), token, out);
    });
  }

  /// Brings a campaign to dial; see c8x8_launch_campaign. Empty options: the defaults.
  Result try_launch_campaign(std::string_view campaign_id, std::string_view options_json = {},
                             const Cancel *cancel = nullptr) const {
    const std::string options = detail::to_c(options_json);
    return about(campaign_id, cancel, [&](const char *id, const c8x8_cancel *token, char **out) {
      return c8x8_launch_campaign(handle_.get(), id, options.empty() ? nullptr : options.c_str(), token, out);
    });
  }

  /// PAUSE, then PURGE; see c8x8_stop_campaign.
  Result try_stop_campaign(std::string_view campaign_id, const Cancel *cancel = nullptr) const {
    return about(campaign_id, cancel, [&](const char *id, const c8x8_cancel *token, char **out) {
      return c8x8_stop_campaign(handle_.get(), id, token, out);
    });
  }

  /// Adds 1 to 100 records, all or none; see c8x8_add_records.
  Result try_add_records(std::string_view campaign_id, std::string_view request_json,
                         const Cancel *cancel = nullptr) const {
    const std::string request = detail::to_c(request_json);
    return about(campaign_id, cancel, [&](const char *id, const c8x8_cancel *token, char **out) {
      return c8x8_add_records(handle_.get(), id, request.c_str(), token, out);
    });
  }

  /// Brings any number of records onto a campaign and says what became of each: "added", "alreadyPresent", "rejected",
  /// "refused", "notSent" or "unknown", as the C header explains them. See c8x8_upload_records. Empty options: the
  /// defaults.
  Result try_upload_records(std::string_view campaign_id, std::string_view source_json,
                            std::string_view options_json = {}, Progress progress = nullptr,
                            const Cancel *cancel = nullptr) const {
    const std::string source = detail::to_c(source_json);
    const std::string options = detail::to_c(options_json);
    detail::Progress target(std::move(progress));
    Result result = about(campaign_id, cancel, [&](const char *id, const c8x8_cancel *token, char **out) {
      return c8x8_upload_records(handle_.get(), id, source.c_str(), options.empty() ? nullptr : options.c_str(),
                                 target.callback(), &target, token, out);
    });
    target.rethrow();
    return result;
  }

#if CAMPAIGNS8X8_EXCEPTIONS
  /// As try_upload_records; throws Error, and what `progress` threw.
  std::string upload_records(std::string_view campaign_id, std::string_view source_json,
                             std::string_view options_json = {}, Progress progress = nullptr,
                             const Cancel *cancel = nullptr) const {
    return detail::or_throw(try_upload_records(campaign_id, source_json, options_json, std::move(progress), cancel));
  }
  /// As try_set_log; throws Error.
  void set_log(int32_t max_level, Log log) { detail::or_throw(try_set_log(max_level, std::move(log))); }

  /// As try_modify_campaign; throws Error.
  std::string modify_campaign(std::string_view campaign_id, std::string_view request_json,
                              const Cancel *cancel = nullptr) const {
    return detail::or_throw(try_modify_campaign(campaign_id, request_json, cancel));
  }
  /// As try_launch_campaign; throws Error.
  std::string launch_campaign(std::string_view campaign_id, std::string_view options_json = {},
                              const Cancel *cancel = nullptr) const {
    return detail::or_throw(try_launch_campaign(campaign_id, options_json, cancel));
  }
  /// As try_stop_campaign; throws Error.
  std::string stop_campaign(std::string_view campaign_id, const Cancel *cancel = nullptr) const {
    return detail::or_throw(try_stop_campaign(campaign_id, cancel));
  }
  /// As try_add_records; throws Error.
  std::string add_records(std::string_view campaign_id, std::string_view request_json,
                          const Cancel *cancel = nullptr) const {
    return detail::or_throw(try_add_records(campaign_id, request_json, cancel));
  }
#endif

  /// The C handle; stays this object's.
  const c8x8_client *get() const noexcept { return handle_.get(); }

private:
  static Result make(const char *config, Client &client) {
    if (!C8X8_HEADER_MATCHES_LIBRARY()) {
      Result result;
      result.json = R"({"kind":"internal","message":"campaigns8x8.h and the library that is running are of different )"
                    R"(ABI versions","hint":"install the two together"})";
      return result;
    }
    c8x8_client *handle = nullptr;
    Result result = detail::call([&](char **out) { return c8x8_client_new(config, &handle, out); });
    if (result) {
      client.handle_.reset(handle);
      client.log_.reset();
    }
    return result;
  }

  template <typename Call> Result about(std::string_view campaign_id, const Cancel *cancel, Call &&call) const {
    const std::string id = detail::to_c(campaign_id);
    const c8x8_cancel *token = cancel == nullptr ? nullptr : cancel->get();
    return detail::call([&](char **out) { return call(id.c_str(), token, out); });
  }

  // The log before the handle: the handle, which writes to it, goes first.
  std::shared_ptr<detail::Log> log_;
  std::unique_ptr<c8x8_client, detail::FreeClient> handle_;
};

/// An upload whose records are pushed. Movable while no call uses it; calls from several threads wait for each other.
/// Destroyed before finish(), it gives the upload up. May outlive its Client and its Cancel.
class Uploader {
public:
  /// An uploader without an upload: only good to be assigned to, or to be made by try_new.
  Uploader() noexcept = default;

  /// Takes the other's upload. The other is left without one.
  Uploader(Uploader &&) noexcept = default;

  /// The same. The upload that was here is given up first, if it has not finished.
  Uploader &operator=(Uploader &&other) noexcept {
    handle_ = std::move(other.handle_);
    progress_ = std::move(other.progress_);
    return *this;
  }

#if CAMPAIGNS8X8_EXCEPTIONS
  /// Begins an upload; see c8x8_uploader_new. Empty options: the defaults.
  Uploader(const Client &client, std::string_view campaign_id, std::string_view options_json = {},
           Progress progress = nullptr, const Cancel *cancel = nullptr) {
    detail::or_throw(try_new(client, campaign_id, *this, options_json, std::move(progress), cancel));
  }
#endif

  /// Begins an upload into `uploader`, which stays as it is on failure.
  static Result try_new(const Client &client, std::string_view campaign_id, Uploader &uploader,
                        std::string_view options_json = {}, Progress progress = nullptr,
                        const Cancel *cancel = nullptr) {
    const std::string id = detail::to_c(campaign_id);
    const std::string options = detail::to_c(options_json);
    auto target = std::make_shared<detail::Progress>(std::move(progress));
    c8x8_uploader *handle = nullptr;
    Result result = detail::call([&](char **out) {
      return c8x8_uploader_new(client.get(), id.c_str(), options.empty() ? nullptr : options.c_str(),
                               target->callback(), target.get(), cancel == nullptr ? nullptr : cancel->get(), &handle,
                               out);
    });
    if (result) {
      uploader.handle_.reset(handle);
      uploader.progress_ = std::move(target);
    }
    return result;
  }

  /// Hands over the records of {"records":[...]}, any number; blocks while enough wait. See c8x8_uploader_push.
  Result try_push(std::string_view request_json) {
    const std::string request = detail::to_c(request_json);
    return call([&](c8x8_uploader *handle, char **out) { return c8x8_uploader_push(handle, request.c_str(), out); });
  }

  /// Waits until each record has its outcome, and says what became of all: the report of try_upload_records; see
  /// c8x8_uploader_finish.
  Result try_finish() {
    return call([](c8x8_uploader *handle, char **out) { return c8x8_uploader_finish(handle, out); });
  }

  /// Hands over one record, e.g. {"crmRecordId":"CRM-1"}.
  Result try_push_record(std::string_view record_json) {
    std::string request = R"({"records":[)";
    request.append(record_json).append("]}");
    return try_push(request);
  }

#if CAMPAIGNS8X8_EXCEPTIONS
  /// As try_push; throws Error, and what the progress function threw.
  std::string push(std::string_view request_json) { return detail::or_throw(try_push(request_json)); }
  /// As try_push_record; throws Error, and what the progress function threw.
  std::string push_record(std::string_view record_json) { return detail::or_throw(try_push_record(record_json)); }
  /// As try_finish; throws Error, and what the progress function threw.
  std::string finish() { return detail::or_throw(try_finish()); }

  /// Pushes each record that is assigned to it. Copies push into the same upload.
  class Inserter {
  public:
    /// @cond What an output iterator needs.
    using iterator_category = std::output_iterator_tag;
    using value_type = void;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = void;

    explicit Inserter(Uploader &uploader) noexcept : uploader_(&uploader) {}

    Inserter &operator=(std::string_view record_json) {
      uploader_->push_record(record_json);
      return *this;
    }
    Inserter &operator*() noexcept { return *this; }
    Inserter &operator++() noexcept { return *this; }
    Inserter &operator++(int) noexcept { return *this; }
    /// @endcond

  private:
    Uploader *uploader_;
  };

  /// An output iterator for records as JSON: std::transform(begin, end, uploader.inserter(), to_json).
  Inserter inserter() noexcept { return Inserter(*this); }
#endif

  /// The C handle; stays this object's.
  c8x8_uploader *get() const noexcept { return handle_.get(); }

private:
  template <typename Call> Result call(Call &&call) {
    // The progress function may destroy this object; then only what is held here is left of it.
    c8x8_uploader *const handle = handle_.get();
    const std::shared_ptr<detail::Progress> progress = progress_;
    Result result = detail::call([&](char **out) { return call(handle, out); });
    if (progress)
      progress->rethrow();
    return result;
  }

  // The progress before the handle: the handle, which reports to it, goes first.
  std::shared_ptr<detail::Progress> progress_;
  std::unique_ptr<c8x8_uploader, detail::FreeUploader> handle_;
};

} // namespace campaigns8x8

#endif
