#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "http/source.h"

namespace pd::http {

using Header = std::pair<std::string, std::string>;

// One whole request, within the engine's limits. Header names are in lower case; the target is in origin form.
struct Request {
  std::string method;
  std::string target;  // as it came: path and query, still percent-encoded
  std::string path;    // decoded
  std::vector<Header> headers;
  std::string body;
  boost::asio::ip::address peer;  // who connected

  // The value of the first header of that name (given in lower case), or empty.
  std::string_view header(std::string_view name) const;
  // That of the last one.
  std::string_view last_header(std::string_view name) const;
};

// One answer. The body is shared, so that bytes kept ready are sent without a copy. Where there is a source, it makes
// the body, and the connection ends with it.
struct Response {
  unsigned status = 200;
  std::vector<Header> headers;  // without Content-Length, Date and Connection: the engine adds those
  std::shared_ptr<const std::string> body;
  std::shared_ptr<Source> source{};

  static Response of(unsigned status, std::string content_type, std::string body);
};

}  // namespace pd::http
