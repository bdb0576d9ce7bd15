#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "directory/failure.h"
#include "directory/origin.h"
#include "directory/service.h"

namespace pd::directory {

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

struct HttpExchange {
  std::string method;
  std::string path;  // in origin form, as it shall be sent
  Headers headers;
  std::string body;
  std::optional<std::chrono::milliseconds> deadline = {};  // instead of the transport's
  std::optional<ServiceTarget> service = {};               // where to go instead of the origin's own host and port
};

struct HttpAnswer {
  int status = 0;
  Headers headers;
  std::string body;
  std::optional<identity::Time> certificate_expires = {};  // the server's

  std::string_view header(std::string_view name) const;  // the first of that name, or empty
};

// How to read an answer that goes on for as long as the server likes.
struct Streaming {
  std::string type;                                      // of the answer; any other answer is read whole
  std::chrono::milliseconds silence;                     // it is lost when nothing comes for so long
  std::stop_token stop;                                  // requested from any thread: ends the exchange at once
  std::function<bool(std::string_view bytes)> on_bytes;  // false: enough. Must not throw
};

struct TransportOptions {
  std::optional<std::filesystem::path> ca_file;  // trusted instead of the system's
  std::vector<Override> overrides;
  std::chrono::milliseconds deadline{20'000};  // one whole exchange, however slowly it drips
  std::size_t max_body;                        // of an answer
  FindServices services = system_services();
  FindAddresses addresses = system_addresses();  // of the host of a service
  TransportOptions();
};

// HTTPS requests, one connection each, every one bounded in time and bytes. Follows no redirect, sends no cookie,
// unpacks nothing. Any thread; blocks the calling one.
class Transport {
 public:
  explicit Transport(TransportOptions options);

  // Whatever the server answers, errors too. Throws Failure (unreachable) when there is no whole answer from a server
  // whose certificate is valid for `origin`. Of a host with several addresses the next one is tried where one does not
  // accept a connection.
  HttpAnswer send(const Origin& origin, const HttpExchange& exchange) const;

  // As send(), but the body of an answer with status 200 and the type of `streaming` goes to it as it comes, however
  // long and however much: what is returned then has no body, and the server has ended it. Throws Failure (unreachable)
  // when it was cut, silent, stopped or enough, too.
  HttpAnswer stream(const Origin& origin, const HttpExchange& exchange, const Streaming& streaming) const;

  // Where the DNS says that the pd service of a domain is (FED-2); nowhere else where an override says where the domain
  // is.
  std::vector<ServiceTarget> services(const std::string& domain) const;

 private:
  struct Way;
  const Override* override_for(const Origin& origin) const;
  HttpAnswer exchange_with(const Origin& origin, const HttpExchange& exchange, const Streaming* streaming) const;
  std::vector<Way> ways_to(const Origin& origin, const std::optional<ServiceTarget>& service) const;

  TransportOptions options_;
};

}  // namespace pd::directory
