#include "http/message.h"

#include <algorithm>

#include "http/uri.h"

namespace pd::http {

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::string Request::query(std::string_view name) const {
  const std::size_t question = target.find('?');
  if (question == std::string::npos) return {};
  std::string_view rest = std::string_view(target).substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (percent_decode(pair.substr(0, equals)) != name) continue;
    return percent_decode(pair.substr(std::min(equals + 1, pair.size()))).value_or("");
  }
  return {};
}

Response Response::of(unsigned status, std::string content_type, std::string body) {
  return Response{
      status, {{"Content-Type", std::move(content_type)}}, std::make_shared<const std::string>(std::move(body))};
}

}  // namespace pd::http
