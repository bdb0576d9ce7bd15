#include "command/files_view.h"

#include <charconv>

#include "command/describe.h"
#include "command/quantity.h"

namespace pd::command {

using identity::Json;

namespace {

std::string bytes_of(const Json& object, std::string_view member) {
  return bytes_text(object.at(std::string(member)).get<std::uint64_t>());
}

std::string names_of_transfer(const Json& transfer) {
  std::string text;
  for (const auto& name : transfer.at("names")) {
    text += (text.empty() ? "" : ", ") + name.get<std::string>();
  }
  return text;
}

std::string amount_of(const Json& transfer) {
  return files_text(transfer.at("files").get<std::size_t>()) + ", " + bytes_of(transfer, "bytes");
}

std::string offered_words(const Json& transfer, std::string_view answer) {
  const auto number = std::to_string(transfer.at("number").get<std::uint64_t>());
  const std::string before(answer);
  return " offers " + transfer_text(transfer) + ": " + before + "accept " + number + " or " + before + "decline " +
         number;
}

std::string receiving_words(const Json& transfer, const std::string& from) {
  const bool some = transfer.at("bytes_there").get<std::uint64_t>() > 0;
  return "receiving " + names_of_transfer(transfer) + " of " + from + " (" + amount_of(transfer) +
         (some ? ", " + bytes_of(transfer, "bytes_there") + " are there" : "") + ")";
}

// Nothing: it is for programs alone.
std::optional<std::string> words_of(const agent::Notification& told, const std::string& from, std::string_view answer) {
  const auto& params = told.params;
  if (told.method == "files_offered") {
    return from + offered_words(params, answer);
  }
  if (told.method == "files_receiving") {
    return receiving_words(params, from);
  }
  if (told.method == "file") {
    return "received " + params.at("path").get<std::string>() + " of " + from + " (" + bytes_of(params, "size") + ")" +
           unsaid_text(params.at("unsaid").get<std::size_t>());
  }
  if (told.method == "file_missing") {
    return from + " could not send " + params.at("path").get<std::string>() +
           unsaid_text(params.at("unsaid").get<std::size_t>());
  }
  if (told.method == "files_received") {
    const auto missing = params.at("missing").get<std::size_t>();
    return (missing == 0 ? "all of it" : "all but " + files_text(missing)) + " is in " +
           params.at("folder").get<std::string>() + ", of " + from;
  }
  if (told.method == "files_stopped") {
    return "no more of " + transfer_text(params) + " of " + from + " now: " + params.at("reason").get<std::string>();
  }
  return {};
}

}  // namespace

void show_files(View& view, const agent::Notification& told, std::string_view answer) {
  auto object = told.params;
  const auto from = object.at("with").get<std::string>();
  const auto words = words_of(told, from, answer);
  if (words || view.style() == Style::json) {
    object.erase("with");
    object["event"] = told.method;
    object["from"] = from;
    view.event(std::move(object), words.value_or(""));
  }
}

std::string transfer_text(const Json& transfer) {
  return names_of_transfer(transfer) + " (" + amount_of(transfer) + ")";
}

std::optional<OfferAnswer> offer_answer(std::string_view line) {
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  if (word != "/accept" && word != "/decline") {
    return {};
  }
  OfferAnswer answer{word == "/accept", {}};
  if (space != std::string_view::npos) {
    const auto text = line.substr(space + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    answer.number = error == std::errc() && end == text.data() + text.size() ? number : 0;
  }
  return answer;
}

}  // namespace pd::command
