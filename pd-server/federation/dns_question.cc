#include "federation/dns_question.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <tuple>

#include <netinet/in.h>
#include <sys/socket.h>

#include "identity/encoding.h"

namespace pd::federation {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

constexpr int class_internet = 1;
constexpr int type_srv = 33;

DnsStatus status_of(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return DnsStatus::found;
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
      return DnsStatus::none;
    default:
      return DnsStatus::failed;
  }
}

std::optional<address> address_of(const sockaddr* from) {
  if (from->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, from, sizeof v4);
    return address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (from->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, from, sizeof v6);
    address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
    return address_v6(bytes);
  }
  return std::nullopt;
}

void add_target(DnsServices& found, ServiceTarget target) {
  if (target.host.ends_with('.')) target.host.pop_back();
  target.host = identity::lower(target.host);
  // A target of "." says that the service is decidedly not there (RFC 2782); port 0 says nothing.
  if (target.host.empty() || target.port == 0 || found.targets.size() == max_dns_answers) return;
  found.targets.push_back(std::move(target));
}

}  // namespace

void AddressQuestion::ask(ares_channel channel) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel, host_.c_str(), nullptr, &hints, &AddressQuestion::done, this);
}

void AddressQuestion::done(void* self, int status, int, ares_addrinfo* result) {
  const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> guard(result, [](ares_addrinfo* info) {
    if (info != nullptr) ares_freeaddrinfo(info);
  });
  auto& question = *static_cast<AddressQuestion*>(self);
  question.answered_ = true;
  if (!question.reply_) return;
  DnsAddresses found{status_of(status), {}};
  for (auto* node = result != nullptr ? result->nodes : nullptr; node != nullptr; node = node->ai_next) {
    if (found.addresses.size() == max_dns_answers) break;
    if (const auto one = address_of(node->ai_addr)) found.addresses.push_back(*one);
  }
  if (found.status == DnsStatus::found && found.addresses.empty()) found.status = DnsStatus::none;
  question.reply_->send(std::move(found));
  question.reply_.reset();
}

void ServiceQuestion::finish(DnsServices found) {
  answered_ = true;
  if (!reply_) return;
  if (found.status == DnsStatus::found && found.targets.empty()) found.status = DnsStatus::none;
  std::stable_sort(found.targets.begin(), found.targets.end(), [](const ServiceTarget& a, const ServiceTarget& b) {
    return std::tuple(a.priority, -a.weight) < std::tuple(b.priority, -b.weight);
  });
  reply_->send(std::move(found));
  reply_.reset();
}

#if ARES_VERSION >= 0x011c00

void ServiceQuestion::ask(ares_channel channel) {
  const auto status =
      ares_query_dnsrec(channel, name_.c_str(), static_cast<ares_dns_class_t>(class_internet),
                        static_cast<ares_dns_rec_type_t>(type_srv), &ServiceQuestion::done, this, nullptr);
  // c-ares has called back already when it could not even begin, except for a misuse that cannot happen here.
  if (status == ARES_EFORMERR && !answered_) finish({});
}

void ServiceQuestion::done(void* self, ares_status_t status, std::size_t, const ares_dns_record_t* record) {
  DnsServices found{status_of(static_cast<int>(status)), {}};
  const auto count = record != nullptr ? ares_dns_record_rr_cnt(record, ARES_SECTION_ANSWER) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* answer = ares_dns_record_rr_get_const(record, ARES_SECTION_ANSWER, i);
    if (answer == nullptr || ares_dns_rr_get_type(answer) != ARES_REC_TYPE_SRV) continue;
    const char* host = ares_dns_rr_get_str(answer, ARES_RR_SRV_TARGET);
    add_target(found,
               {ares_dns_rr_get_u16(answer, ARES_RR_SRV_PRIORITY), ares_dns_rr_get_u16(answer, ARES_RR_SRV_WEIGHT),
                ares_dns_rr_get_u16(answer, ARES_RR_SRV_PORT), host != nullptr ? host : ""});
  }
  static_cast<ServiceQuestion*>(self)->finish(std::move(found));
}

#else

void ServiceQuestion::ask(ares_channel channel) {
  ares_query(channel, name_.c_str(), class_internet, type_srv, &ServiceQuestion::done, this);
}

void ServiceQuestion::done(void* self, int status, int, unsigned char* bytes, int size) {
  DnsServices found{status_of(status), {}};
  ares_srv_reply* list = nullptr;
  if (found.status == DnsStatus::found) {
    found.status = status_of(ares_parse_srv_reply(bytes, size, &list));
    for (auto* one = list; one != nullptr; one = one->next)
      add_target(found, {one->priority, one->weight, one->port, one->host != nullptr ? one->host : ""});
  }
  if (list != nullptr) ares_free_data(list);
  static_cast<ServiceQuestion*>(self)->finish(std::move(found));
}

#endif

}  // namespace pd::federation
