#include "support/dns_server.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace pd::federation::testing {
namespace {

namespace asio = boost::asio;

enum : std::uint16_t { type_a = 1, type_aaaa = 28, type_srv = 33 };

std::string number16(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string encoded(std::string name) {
  std::string wire;
  for (std::size_t begin = 0; begin < name.size();) {
    const auto end = std::min(name.find('.', begin), name.size());
    wire += static_cast<char>(end - begin);
    wire += name.substr(begin, end - begin);
    begin = end + 1;
  }
  return wire + '\0';
}

std::string decoded(const std::string& wire, std::size_t& at) {
  std::string name;
  while (at < wire.size() && wire[at] != '\0') {
    const auto length = static_cast<std::size_t>(wire[at]);
    name += (name.empty() ? "" : ".") + wire.substr(at + 1, length);
    at += length + 1;
  }
  ++at;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

// One resource record about the name in the question, valid for no time at all.
std::string record(std::uint16_t type, const std::string& data) {
  return "\xc0\x0c" + number16(type) + number16(1) + std::string(4, '\0') + number16(data.size()) + data;
}

std::string bytes_of(const asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

DnsServer::DnsServer()
    : socket_(context_, asio::ip::udp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
      thread_([this] { serve(); }) {}

DnsServer::~DnsServer() {
  ending_ = true;
  asio::ip::udp::socket waker(context_, asio::ip::udp::v4());
  waker.send_to(asio::buffer("", 0), socket_.local_endpoint());
  thread_.join();
}

std::string DnsServer::address() const {
  return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
}

void DnsServer::add_address(const std::string& name, const std::string& address) {
  const std::lock_guard lock(mutex_);
  addresses_[name].push_back(address);
}

void DnsServer::add_service(const std::string& name, ServiceRecord record) {
  const std::lock_guard lock(mutex_);
  services_[name].push_back(std::move(record));
}

std::size_t DnsServer::asked(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(name);
  return found != asked_.end() ? found->second : 0;
}

void DnsServer::wait_for(const std::string& name) const {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return asked_.contains(name); });
}

void DnsServer::serve() {
  while (!ending_) {
    std::array<char, 2048> buffer;
    asio::ip::udp::endpoint from;
    boost::system::error_code error;
    const auto size = socket_.receive_from(asio::buffer(buffer), from, 0, error);
    if (error || size < 12) continue;
    auto reply = answer({buffer.data(), size});
    if (silent_) continue;
    if (garbage_) reply.replace(2, reply.size(), 40, '\xff');
    socket_.send_to(asio::buffer(reply), from, 0, error);
  }
}

std::string DnsServer::answer(const std::string& question) {
  std::size_t at = 12;
  const auto name = decoded(question, at);
  const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(question[at]) << 8 |
                                               static_cast<unsigned char>(question[at + 1]));
  const auto asked = question.substr(12, at + 4 - 12);

  const std::lock_guard lock(mutex_);
  ++asked_[name];
  arrived_.notify_all();
  std::string records;
  std::size_t count = 0;
  for (const auto& text : addresses_[name]) {
    const auto address = asio::ip::make_address(text);
    if (type != (address.is_v4() ? type_a : type_aaaa)) continue;
    records += record(type, bytes_of(address));
    ++count;
  }
  for (const auto& one : services_[name]) {
    if (type != type_srv) continue;
    records += record(type, number16(one.priority) + number16(one.weight) + number16(one.port) + encoded(one.target));
    ++count;
  }
  const bool exists = !addresses_[name].empty() || !services_[name].empty();
  const std::string flags{static_cast<char>(0x85), static_cast<char>(exists ? 0x80 : 0x83)};
  return question.substr(0, 2) + flags + number16(1) + number16(count) + number16(0) + number16(0) + asked + records;
}

}  // namespace pd::federation::testing
