#include "support/tls_server.h"

#include <algorithm>
#include <cctype>

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace pd::federation::testing {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Asked asked_of(const http::request<http::string_body>& request) {
  Asked asked{std::string(request.method_string()), std::string(request.target()), {}};
  for (const auto& field : request)
    asked.headers[lower(std::string(field.name_string()))] = std::string(field.value());
  return asked;
}

}  // namespace

void Gateway::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gateway::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return open_; });
}

void Turn::reply(unsigned status, const std::string& body, const std::map<std::string, std::string>& headers) {
  std::string text =
      "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : headers)
    text += name + ": " + value + "\r\n";
  const bool bodiless = status == 304;
  boost::system::error_code error;
  asio::write(stream_, asio::buffer(text + "\r\n" + (bodiless ? "" : body)), error);
  if (error) keep_ = false;
}

bool Turn::raw(const std::string& bytes) {
  keep_ = false;
  boost::system::error_code error;
  asio::write(stream_, asio::buffer(bytes), error);
  return !error && !ending_;
}

TlsServer::TlsServer(asio::ssl::context tls, Script script)
    : tls_(std::move(tls)),
      acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
      port_(acceptor_.local_endpoint().port()),
      script_(std::move(script)),
      acceptor_thread_([this] { accept(); }) {}

TlsServer::~TlsServer() {
  stop();
}

void TlsServer::stop() {
  if (ending_.exchange(true)) return;
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  acceptor_thread_.join();
  acceptor_.close();
  std::list<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_)
      ::shutdown(socket, SHUT_RDWR);
    threads.swap(threads_);
  }
  for (auto& thread : threads)
    thread.join();
}

void TlsServer::set_script(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

std::vector<Asked> TlsServer::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::size_t TlsServer::count(const std::string& part) const {
  const auto all = asked();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const Asked& one) { return one.target.find(part) != std::string::npos; }));
}

void TlsServer::wait_for(const std::string& part, std::size_t wanted) const {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] {
    return static_cast<std::size_t>(std::count_if(asked_.begin(), asked_.end(), [&](const Asked& one) {
             return one.target.find(part) != std::string::npos;
           })) >= wanted;
  });
}

void TlsServer::accept() {
  while (!ending_) {
    auto socket = std::make_shared<asio::ip::tcp::socket>(context_);
    boost::system::error_code error;
    acceptor_.accept(*socket, error);
    if (error) return;
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    ++connections_;
    sockets_.push_back(socket->native_handle());
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void TlsServer::serve(std::shared_ptr<asio::ip::tcp::socket> socket) {
  const int handle = socket->native_handle();
  Turn::Stream stream(std::move(*socket), tls_);
  boost::system::error_code error;
  stream.handshake(asio::ssl::stream_base::server, error);
  boost::beast::flat_buffer buffer;
  while (!error) {
    http::request<http::string_body> request;
    http::read(stream, buffer, request, error);
    if (error) break;
    Script script;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(asked_of(request));
      script = script_;
      arrived_.notify_all();
    }
    Turn turn(asked_of(request), stream, ending_);
    script(turn);
    if (!turn.keep()) break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, handle);
  ::shutdown(handle, SHUT_RDWR);
}

}  // namespace pd::federation::testing
