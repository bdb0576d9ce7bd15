#include "directory/transport.h"

#include <httplib.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <charconv>

#include "directory/exchange_guard.h"
#include "identity/resolution.h"

namespace pd::directory {
namespace {

constexpr std::size_t header_allowance = 64 * 1024;  // bytes of an answer beyond its body: status, headers, TLS
constexpr std::chrono::seconds connect_timeout{5};

std::uint16_t parse_port(std::string_view text, std::string_view whole) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    throw Failure(Kind::usage, "no port number in \"" + std::string(whole) + "\"");
  return port;
}

// Names are matched by OpenSSL against the subjectAltName alone; httplib's own comparison, done besides, is laxer.
void demand_certificate_for(const std::string& host, SSL_CTX* context) {
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size()) != 1 ||
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
    throw Failure(Kind::failed, "cannot set up TLS for " + host);
}

std::string explain(httplib::Error error, const Origin& origin, const ExchangeGuard& guard) {
  const std::string server = origin.authority();
  if (guard.timed_out()) return server + " did not answer in time";
  if (guard.too_large()) return server + " sends too much";
  switch (error) {
    case httplib::Error::Connection:
      return "cannot connect to " + server;
    case httplib::Error::ConnectionTimeout:
      return server + " does not answer";
    case httplib::Error::SSLConnection:
      return "cannot agree on TLS with " + server;
    case httplib::Error::SSLServerVerification:
      return "the TLS certificate of " + server + " is not valid for " + origin.host;
    case httplib::Error::SSLLoadingCerts:
      return "cannot read the file of trusted certificates";
    default:
      return server + " broke off in the middle of its answer";
  }
}

httplib::Request to_request(const Origin& origin, const HttpExchange& exchange) {
  httplib::Request request;
  request.method = exchange.method;
  request.path = exchange.path;
  request.body = exchange.body;
  request.headers = {{"Host", origin.authority()}, {"User-Agent", "pdctl"}, {"Accept-Encoding", "identity"}};
  for (const auto& [name, value] : exchange.headers)
    request.headers.emplace(name, value);
  return request;
}

HttpAnswer to_answer(const httplib::Response& response, std::string body) {
  HttpAnswer answer{response.status, {}, std::move(body)};
  for (const auto& [name, value] : response.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers.emplace_back(std::move(lower), value);
  }
  return answer;
}

// Where a connection for `origin` really goes.
std::pair<std::string, std::uint16_t> target(const Origin& origin, const std::vector<Override>& overrides) {
  for (const auto& entry : overrides)
    if (entry.host == origin.host && entry.port == origin.port) return {entry.address, entry.target_port};
  return {{}, origin.port};
}

void prepare(httplib::SSLClient& client, const TransportOptions& options, std::chrono::milliseconds whole) {
  if (options.ca_file) client.set_ca_cert_path(options.ca_file->string());
  client.set_connection_timeout(std::min<std::chrono::milliseconds>(connect_timeout, whole));
  client.set_read_timeout(whole);
  client.set_write_timeout(whole);
  client.set_follow_location(false);
  client.set_decompress(false);
  client.set_url_encode(false);
  client.set_keep_alive(false);
  client.set_tcp_nodelay(true);
}

}  // namespace

TransportOptions::TransportOptions() : max_body(identity::max_resolution_bytes) {}

Override Override::parse(std::string_view text) {
  const auto usage = [&] {
    return Failure(Kind::usage, "\"" + std::string(text) + "\" is not DOMAIN:PORT:ADDRESS:PORT");
  };
  const auto first = text.find(':');
  const auto second = first == text.npos ? text.npos : text.find(':', first + 1);
  const auto last = text.rfind(':');
  if (second == text.npos || last <= second + 1) throw usage();
  auto address = text.substr(second + 1, last - second - 1);
  if (address.front() == '[' && address.back() == ']') address = address.substr(1, address.size() - 2);
  std::string host(text.substr(0, first));
  std::transform(host.begin(), host.end(), host.begin(), [](unsigned char c) { return std::tolower(c); });
  if (host.empty() || address.empty()) throw usage();
  return {std::move(host), parse_port(text.substr(first + 1, second - first - 1), text), std::string(address),
          parse_port(text.substr(last + 1), text)};
}

Origin Origin::parse(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) throw Failure(Kind::failed, "\"" + std::string(url) + "\" is not an https:// URL");
  auto authority = url.substr(scheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  const auto colon = authority.find(':');
  const auto host = authority.substr(0, colon);
  const bool plain =
      std::all_of(host.begin(), host.end(), [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-'; });
  if (host.empty() || !plain) throw Failure(Kind::failed, "\"" + std::string(url) + "\" is not https://HOST[:PORT]");
  Origin origin{std::string(host)};
  if (colon != authority.npos) origin.port = parse_port(authority.substr(colon + 1), url);
  return origin;
}

std::string Origin::authority() const {
  return port == 443 ? host : host + ":" + std::to_string(port);
}

std::string Origin::text() const {
  return "https://" + authority();
}

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

Transport::Transport(TransportOptions options) : options_(std::move(options)) {}

HttpAnswer Transport::send(const Origin& origin, const HttpExchange& exchange) const {
  const auto [address, port] = target(origin, options_.overrides);
  const auto deadline = exchange.deadline.value_or(options_.deadline);
  ExchangeGuard guard(deadline, options_.max_body + header_allowance);
  httplib::SSLClient client(origin.host, port);
  if (!client.is_valid()) throw Failure(Kind::failed, "cannot set up TLS");
  prepare(client, options_, deadline);
  if (!address.empty()) client.set_hostname_addr_map({{origin.host, address}});
  demand_certificate_for(origin.host, client.ssl_context());
  guard.watch(client.ssl_context());
  client.set_socket_options([&guard](int socket) { guard.adopt(socket); });

  std::string body;
  auto request = to_request(origin, exchange);
  request.content_receiver = [&](const char* data, std::size_t size, auto, auto) {
    if (body.size() + size > options_.max_body) return false;
    body.append(data, size);
    return true;
  };
  httplib::Response response;
  auto error = httplib::Error::Success;
  const bool whole = client.send(request, response, error);
  if (!whole || guard.timed_out() || guard.too_large())
    throw Failure(Kind::unreachable, explain(error, origin, guard),
                  "check the network, and the spelling of the domain");
  return to_answer(response, std::move(body));
}

}  // namespace pd::directory
