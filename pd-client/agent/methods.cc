#include "agent/methods.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "directory/trust.h"

namespace pd::agent {

using identity::Address;

namespace {

constexpr std::size_t max_open = 16;        // AGT-15
constexpr std::int64_t most_listed = 500;   // AGT-12, AGT-13
constexpr std::size_t most_shown = 200;     // bytes of a last message
constexpr std::size_t around_items = 1024;  // what a line holds besides its items, generously

// Thrown inside a method for params that are wrong.
struct Wrong {
  std::string message;
  Code code = Code::params;
};

std::string text_param(const Json& params, std::string_view name) {
  auto text = identity::string_member(params, name, "AGT-6");
  if (!text) {
    throw Wrong{text.error().message};
  }
  return *std::move(text);
}

Address address_param(const Json& params, std::string_view name) {
  auto address = Address::parse(text_param(params, name));
  if (!address) {
    throw Wrong{"member \"" + std::string(name) + "\" is no address: " + directory::describe(address.error())};
  }
  return *std::move(address);
}

std::int64_t number_param(const Json& params, std::string_view name, std::int64_t otherwise) {
  if (!params.contains(name)) {
    return otherwise;
  }
  const auto number = identity::integer_member(params, name, "AGT-6");
  if (!number) {
    throw Wrong{number.error().message};
  }
  return static_cast<std::int64_t>(*number);
}

std::size_t limit_param(const Json& params, std::int64_t otherwise) {
  const auto limit = number_param(params, "limit", otherwise);
  if (limit < 1 || limit > most_listed) {
    throw Wrong{"member \"limit\" is not in 1 … " + std::to_string(most_listed)};
  }
  return static_cast<std::size_t>(limit);
}

// At most `size` bytes of UTF-8, no character cut in two.
std::string beginning(const std::string& text, std::size_t size) {
  if (text.size() <= size) {
    return text;
  }
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  return text.substr(0, size);
}

// How many of `items`, from their beginning, fit in a line.
std::size_t count_fitting(const Json& items) {
  std::size_t room = max_line_bytes - around_items;
  std::size_t count = 0;
  for (const auto& item : items) {
    const auto size = encoded_size(item) + 1;
    if (size > room) {
      break;
    }
    room -= size;
    ++count;
  }
  return count;
}

void cut(Json& items, std::size_t count) {
  items.erase(items.begin() + static_cast<Json::difference_type>(count), items.end());
}

}  // namespace

struct Methods::Method {
  std::string_view name;
  Reply (Methods::*run)(Visit& visit, const Json& params);
};

const Methods::Method Methods::table[] = {
    {"hello", &Methods::hello},
    {"whoami", &Methods::whoami},
    {"send", &Methods::send},
    {"conversations", &Methods::conversations},
    {"history", &Methods::history},
    {"mark_read", &Methods::mark_read},
    {"open", &Methods::open},
    {"close", &Methods::close},
    {"subscribe", &Methods::subscribe},
    {"contacts", &Methods::contacts},
    {"who_is_here", &Methods::who_is_here},
    {"status", &Methods::status},
    {"files", &Methods::files},
    {"accept_files", &Methods::accept_files},
    {"decline_files", &Methods::decline_files},
    {"cancel_files", &Methods::cancel_files},
    {"stop", &Methods::stop},
};

Methods::Reply Methods::call(Visit& visit, const Request& request) {
  const auto* method =
      std::find_if(std::begin(table), std::end(table), [&](const Method& each) { return each.name == request.method; });
  if (method == std::end(table)) {
    return {tl::unexpected(Refusal{Code::method, "there is no such method"})};
  }
  try {
    return (this->*method->run)(visit, request.params);
  } catch (const Wrong& wrong) {
    return {tl::unexpected(Refusal{wrong.code, wrong.message})};
  } catch (const directory::Failure& failure) {
    return {tl::unexpected(Refusal{Code::failed, failure.what()})};
  }
}

void Methods::leave(Visit& visit) {
  for (const auto& with : std::exchange(visit.open, {})) {
    parts_.hub.close(with);
  }
}

Methods::Reply Methods::hello(Visit&, const Json&) {
  return {Json{{"v", 1}, {"program", parts_.program}, {"address", parts_.self.text()}}};
}

Methods::Reply Methods::whoami(Visit&, const Json&) {
  return {Json{{"address", parts_.self.text()}, {"device_key", parts_.device_key}}};
}

Methods::Reply Methods::send(Visit&, const Json& params) {
  const auto to = address_param(params, "to");
  const auto text = text_param(params, "text");
  if (const auto fine = session::check_text(text); !fine) {
    throw Wrong{directory::describe(fine.error())};
  }
  auto sent = message_json(parts_.hub.send(to, text), parts_.self);
  return {sent, Notification{"message", sent}};
}

Methods::Reply Methods::conversations(Visit&, const Json& params) {
  std::map<Address, std::string> names;
  for (auto& pin : parts_.contacts()) {
    names.emplace(pin.address, std::move(pin.name));
  }
  auto list = Json::array();
  for (auto& conversation : parts_.history.conversations(limit_param(params, 100))) {
    const auto& with = conversation.peer;
    conversation.last.message.text = beginning(conversation.last.message.text, most_shown);
    list.push_back({{"with", with.text()},
                    {"name", names[with]},
                    {"unread", conversation.unread},
                    {"waiting", conversation.waiting},
                    {"connected", parts_.hub.standing(with).link.has_value()},
                    {"last", message_json(conversation.last, parts_.self)}});
  }
  cut(list, count_fitting(list));
  return {Json{{"conversations", std::move(list)}}};
}

Methods::Reply Methods::history(Visit&, const Json& params) {
  const auto with = address_param(params, "with");
  const auto before = number_param(params, "before", std::numeric_limits<std::int64_t>::max());
  const auto limit = limit_param(params, 50);
  auto entries = parts_.history.before(with, before, limit + 1);
  std::reverse(entries.begin(), entries.end());
  auto messages = Json::array();
  for (const auto& entry : entries) {
    messages.push_back(message_json(entry, parts_.self));
  }
  cut(messages, std::min(limit, count_fitting(messages)));
  const bool more = messages.size() < entries.size();
  std::reverse(messages.begin(), messages.end());
  return {Json{{"messages", std::move(messages)}, {"more", more}}};
}

Methods::Reply Methods::mark_read(Visit&, const Json& params) {
  const auto with = address_param(params, "with");
  parts_.history.mark_read(with, number_param(params, "through", std::numeric_limits<std::int64_t>::max()));
  return {Json{{"unread", parts_.history.count_unread(with)}}};
}

Methods::Reply Methods::open(Visit& visit, const Json& params) {
  const auto with = address_param(params, "with");
  if (!visit.open.contains(with)) {
    if (visit.open.size() == max_open) {
      return {tl::unexpected(Refusal{Code::busy, "too many conversations are open (AGT-15)"})};
    }
    parts_.hub.open(with);
    visit.open.insert(with);
  }
  const auto standing = parts_.hub.standing(with);
  Json result{{"waiting", standing.waiting}, {"unread", parts_.history.count_unread(with)}};
  if (standing.link) {
    result["presence"] = notification(*standing.link, parts_.self).params;
  }
  if (!standing.reason.empty()) {
    result["reason"] = standing.reason;
  }
  return {std::move(result)};
}

Methods::Reply Methods::close(Visit& visit, const Json& params) {
  const auto with = address_param(params, "with");
  if (visit.open.erase(with) != 0) {
    parts_.hub.close(with);
  }
  return {Json::object()};
}

Methods::Reply Methods::subscribe(Visit& visit, const Json&) {
  visit.subscribed = true;
  return {Json::object()};
}

Methods::Reply Methods::contacts(Visit&, const Json&) {
  auto list = Json::array();
  for (const auto& pin : parts_.contacts()) {
    if (pin.address != parts_.self) {
      list.push_back({{"address", pin.address.text()},
                      {"name", pin.name},
                      {"trust", directory::text_of(directory::trust_of(pin, pin.identity_key))}});
    }
  }
  cut(list, count_fitting(list));
  return {Json{{"contacts", std::move(list)}}};
}

Methods::Reply Methods::who_is_here(Visit&, const Json&) {
  const auto attendance = parts_.who_is_here();
  auto here = Json::array();
  for (const auto& address : attendance.here) {
    here.push_back(address.text());
  }
  cut(here, count_fitting(here));
  return {Json{{"here", std::move(here)}, {"asked", attendance.asked}}};
}

Methods::Reply Methods::status(Visit&, const Json&) {
  auto result = parts_.status();
  auto connected = Json::array();
  for (const auto& address : parts_.hub.connected()) {
    connected.push_back(address.text());
  }
  std::size_t waiting = 0;
  for (const auto& outbox : parts_.history.outboxes()) {
    waiting += outbox.waiting;
  }
  const auto transfers = parts_.files.list();
  result["program"] = parts_.program;
  result["offers"] =
      std::count_if(transfers.begin(), transfers.end(), [](const Transfer& transfer) { return !transfer.receiving; });
  result["connected"] = std::move(connected);
  result["waiting"] = waiting;
  return {std::move(result)};
}

// The one that is meant, among those that are received or wait (AGT-25).
Transfer Methods::transfer_param(const Json& params, bool receiving) {
  const auto number = number_param(params, "number", 0);
  const auto with = params.contains("with") ? std::optional(address_param(params, "with")) : std::nullopt;
  if ((number != 0) == with.has_value()) {
    throw Wrong{"one of the members \"number\" and \"with\" says which transfer is meant"};
  }
  auto meant = parts_.files.list();
  std::erase_if(meant, [&](const Transfer& transfer) {
    return transfer.receiving != receiving ||
           (with ? transfer.with != *with : transfer.number != static_cast<std::uint64_t>(number));
  });
  if (meant.size() > 1) {
    throw Wrong{"there is more than one of " + with->text() + ": say its number"};
  }
  if (meant.empty()) {
    throw Wrong{receiving ? "nothing like that is received now" : "there is no such offer, or no more", Code::absent};
  }
  return std::move(meant.front());
}

Methods::Reply Methods::files(Visit&, const Json&) {
  auto list = Json::array();
  for (const auto& transfer : parts_.files.list()) {
    list.push_back(transfer_json(transfer));
  }
  return {Json{{"files", std::move(list)}}};
}

Methods::Reply Methods::accept_files(Visit&, const Json& params) {
  const auto number = transfer_param(params, false).number;
  const std::filesystem::path folder(params.contains("folder") ? text_param(params, "folder") : std::string());
  if (!folder.empty() && !folder.is_absolute()) {
    throw Wrong{"member \"folder\" is no absolute path"};
  }
  parts_.files.accept(number, folder);
  return {transfer_json(transfer_param(Json{{"number", number}}, true))};
}

Methods::Reply Methods::decline_files(Visit&, const Json& params) {
  parts_.files.decline(transfer_param(params, false).number);
  return {Json::object()};
}

Methods::Reply Methods::cancel_files(Visit&, const Json& params) {
  parts_.files.cancel(transfer_param(params, true).number);
  return {Json::object()};
}

Methods::Reply Methods::stop(Visit&, const Json&) {
  parts_.stop();
  return {Json::object()};
}

}  // namespace pd::agent
