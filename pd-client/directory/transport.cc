#include "directory/transport.h"

#include <httplib.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <limits>

#include "directory/certificate.h"
#include "directory/exchange_guard.h"
#include "identity/encoding.h"
#include "identity/resolution.h"

namespace pd::directory {
namespace {

constexpr std::size_t header_allowance = 64 * 1024;  // bytes of an answer beyond its body: status, headers, TLS
constexpr std::chrono::seconds connect_timeout{5};
constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

// Names are matched by OpenSSL against the subjectAltName alone; httplib's own comparison, done besides, is laxer.
void demand_certificate_for(const std::string& host, SSL_CTX* context) {
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size()) != 1 ||
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
    throw Failure(Kind::failed, "cannot set up TLS for " + host);
}

std::string explain(httplib::Error error, const std::string& server, const ExchangeGuard& guard) {
  if (guard.timed_out()) return server + " did not answer in time";
  if (guard.too_large()) return server + " sends too much";
  switch (error) {
    case httplib::Error::Connection:
      return "cannot connect to " + server;
    case httplib::Error::ConnectionTimeout:
      return server + " does not answer";
    case httplib::Error::SSLConnection:
      return "cannot agree on TLS with " + server;
    case httplib::Error::SSLLoadingCerts:
      return "cannot read the file of trusted certificates";
    default:
      return server + " broke off in the middle of its answer";
  }
}

Failure failure_of(httplib::Error error, const Origin& origin, const ExchangeGuard& guard, long verify_result) {
  if (error == httplib::Error::SSLServerVerification && !guard.timed_out())
    return certificate_refused(origin.authority(), origin.host, verify_result);
  return {Kind::unreachable, explain(error, origin.authority(), guard),
          "check the network, and the spelling of the domain"};
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

HttpAnswer to_answer(const httplib::Response& response, std::string body, const ExchangeGuard& guard) {
  HttpAnswer answer{response.status, {}, std::move(body), guard.certificate_expires()};
  for (const auto& [name, value] : response.headers) {
    answer.headers.emplace_back(identity::lower(name), value);
  }
  return answer;
}

void prepare(httplib::SSLClient& client, const TransportOptions& options, std::chrono::milliseconds whole,
             std::chrono::milliseconds connecting) {
  if (options.ca_file) client.set_ca_cert_path(options.ca_file->string());
  client.set_connection_timeout(std::min<std::chrono::milliseconds>(connect_timeout, connecting));
  client.set_read_timeout(whole);
  client.set_write_timeout(whole);
  client.set_follow_location(false);
  client.set_decompress(false);
  client.set_url_encode(false);
  client.set_keep_alive(false);
  client.set_tcp_nodelay(true);
}

bool not_connected(httplib::Error error) {
  return error == httplib::Error::Connection || error == httplib::Error::ConnectionTimeout;
}

}  // namespace

struct Transport::Way {
  std::string address;  // empty: as the DNS says
  std::uint16_t port;
};

TransportOptions::TransportOptions() : max_body(identity::max_resolution_bytes) {}

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

Transport::Transport(TransportOptions options) : options_(std::move(options)) {}

const Override* Transport::override_for(const Origin& origin) const {
  for (const auto& entry : options_.overrides)
    if (entry.host == origin.host && entry.port == origin.port) return &entry;
  return nullptr;
}

std::vector<ServiceTarget> Transport::services(const std::string& domain) const {
  if (override_for({domain}) != nullptr) return {};
  return options_.services(domain);
}

// httplib takes an address only where the name is to stay another; without one it asks the DNS itself.
std::vector<Transport::Way> Transport::ways_to(const Origin& origin,
                                               const std::optional<ServiceTarget>& service) const {
  if (const auto* given = override_for(origin)) return {{given->address, given->target_port}};
  if (!service) return {{{}, origin.port}};
  std::vector<Way> ways;
  for (auto& address : options_.addresses(service->host))
    ways.push_back({std::move(address), service->port});
  if (ways.empty()) throw Failure(Kind::unreachable, "there is no host " + service->host);
  return ways;
}

HttpAnswer Transport::send(const Origin& origin, const HttpExchange& exchange) const {
  return exchange_with(origin, exchange, nullptr);
}

HttpAnswer Transport::stream(const Origin& origin, const HttpExchange& exchange, const Streaming& streaming) const {
  return exchange_with(origin, exchange, &streaming);
}

HttpAnswer Transport::exchange_with(const Origin& origin, const HttpExchange& exchange,
                                    const Streaming* streaming) const {
  const auto ways = ways_to(origin, exchange.service);
  const auto deadline = exchange.deadline.value_or(options_.deadline);
  const auto end = std::chrono::steady_clock::now() + deadline;
  ExchangeGuard guard(deadline, streaming ? unbounded : options_.max_body + header_allowance);
  const std::stop_callback on_stop(streaming ? streaming->stop : std::stop_token(), [&guard] { guard.prolong({}); });
  auto error = httplib::Error::Success;
  long verify_result = X509_V_OK;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    httplib::SSLClient client(origin.host, ways[i].port);
    if (!client.is_valid()) throw Failure(Kind::failed, "cannot set up TLS");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const auto share = left / static_cast<int>(ways.size() - i);
    prepare(client, options_, streaming ? std::max(deadline, streaming->silence) : deadline,
            std::max(share, std::chrono::milliseconds(1)));
    if (!ways[i].address.empty()) client.set_hostname_addr_map({{origin.host, ways[i].address}});
    demand_certificate_for(origin.host, client.ssl_context());
    guard.watch(client.ssl_context());
    client.set_socket_options([&guard](int socket) { guard.adopt(socket); });

    std::string body;
    bool streams = false;
    auto request = to_request(origin, exchange);
    request.response_handler = [&](const httplib::Response& head) {
      streams = streaming && head.status == 200 && head.get_header_value("Content-Type").starts_with(streaming->type);
      if (streams) guard.prolong(streaming->silence);
      return true;
    };
    request.content_receiver = [&](const char* data, std::size_t size, auto, auto) {
      if (streams) {
        if (!streaming->stop.stop_requested()) guard.prolong(streaming->silence);
        return streaming->on_bytes({data, size});
      }
      if (body.size() + size > options_.max_body) return false;
      body.append(data, size);
      return true;
    };
    httplib::Response response;
    const bool whole = client.send(request, response, error);
    if (whole && !guard.timed_out() && !guard.too_large()) return to_answer(response, std::move(body), guard);
    verify_result = client.get_openssl_verify_result();
    if (!not_connected(error) || guard.timed_out()) break;
  }
  throw failure_of(error, origin, guard, verify_result);
}

}  // namespace pd::directory
