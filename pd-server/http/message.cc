#include "http/message.h"

namespace pd::http {

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::string_view Request::last_header(std::string_view name) const {
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    if (header->first == name) return header->second;
  }
  return {};
}

Response Response::of(unsigned status, std::string content_type, std::string body) {
  return Response{
      status, {{"Content-Type", std::move(content_type)}}, std::make_shared<const std::string>(std::move(body))};
}

}  // namespace pd::http
