#include "federation/connection.h"

#include <algorithm>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>

#include "identity/encoding.h"

namespace pd::federation {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t max_header_bytes = 8 * 1024;
constexpr std::size_t read_buffer_bytes = 32 * 1024;

using Parser = http::response_parser<http::string_body>;

http::request<http::string_body> request_of(const Ask& ask) {
  http::request<http::string_body> request{ask.body.empty() ? http::verb::get : http::verb::post, ask.target, 11};
  request.set(http::field::host, ask.authority);
  request.set(http::field::accept, "application/json");
  request.set(http::field::user_agent, "pd-server");
  for (const auto& [name, value] : ask.headers)
    request.set(name, value);
  if (!ask.body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = ask.body;
    request.prepare_payload();
  }
  return request;
}

std::string media_type(std::string text) {
  text = text.substr(0, text.find(';'));
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return identity::lower(text);
}

Answer answer_of(Parser& parser) {
  auto& message = parser.get();
  const auto field = [&](http::field name) { return std::string(message[name]); };
  Answer answer;
  answer.status = message.result_int();
  answer.content_type = media_type(field(http::field::content_type));
  answer.etag = field(http::field::etag);
  answer.cache_control = field(http::field::cache_control);
  answer.body = std::move(message.body());
  return answer;
}

}  // namespace

Connection::Connection(asio::io_context& context, asio::ssl::context& tls)
    : stream_(beast::tcp_stream(context), tls), buffer_(read_buffer_bytes) {}

awaitable<void> Connection::connect(asio::ip::tcp::endpoint endpoint, Steady::time_point deadline) {
  auto& tcp = beast::get_lowest_layer(stream_);
  tcp.expires_at(deadline);
  co_await tcp.async_connect(endpoint, asio::use_awaitable);
  tcp.socket().set_option(asio::ip::tcp::no_delay(true));
}

awaitable<void> Connection::handshake(std::string name, Steady::time_point deadline) {
  auto* ssl = stream_.native_handle();
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (SSL_set1_host(ssl, name.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)
    throw RemoteError(Trouble::unreachable, "TLS cannot be set up");
  beast::get_lowest_layer(stream_).expires_at(deadline);
  boost::system::error_code error;
  co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return;
  const auto verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK)
    throw RemoteError(Trouble::unreachable,
                      "its certificate does not prove " + name + ": " + X509_verify_cert_error_string(verified));
  throw RemoteError(Trouble::unreachable, "TLS failed: " + error.message());
}

awaitable<Answer> Connection::exchange(const Ask& ask, ReadBudget& budget) {
  reusable_ = false;
  unanswered_ = true;
  beast::get_lowest_layer(stream_).expires_at(std::min(ask.begin_by, ask.deadline));
  const auto request = request_of(ask);
  co_await http::async_write(stream_, request, asio::use_awaitable);

  Parser parser;
  parser.header_limit(max_header_bytes);
  parser.body_limit(ask.max_body);
  auto room = std::make_shared<ReadShare>(budget, ask.payer);
  while (!parser.is_done()) {
    co_await http::async_read_some(stream_, buffer_, parser, asio::use_awaitable);
    if (unanswered_) beast::get_lowest_layer(stream_).expires_at(ask.deadline);
    unanswered_ = false;
    room->grow_to(parser.get().body().size());
  }
  reusable_ = parser.keep_alive() && buffer_.size() == 0;
  beast::get_lowest_layer(stream_).expires_never();
  auto answer = answer_of(parser);
  answer.room = std::move(room);
  co_return answer;
}

bool Connection::quiet() {
  auto& socket = beast::get_lowest_layer(stream_).socket();
  boost::system::error_code error;
  socket.non_blocking(true, error);
  if (error) return false;
  char byte;
  socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
  return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace pd::federation
