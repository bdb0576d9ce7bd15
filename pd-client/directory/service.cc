#include "directory/service.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace pd::directory {
namespace {

constexpr std::size_t max_targets = 3;
constexpr std::size_t max_addresses = 8;
constexpr std::size_t max_answer = 8 * 1024;
constexpr int attempt_seconds = 2;
constexpr int attempts = 2;
constexpr int fixed_part = 6;  // priority, weight and port: RFC 2782

struct Record {
  unsigned priority;
  unsigned weight;
  ServiceTarget target;
};

void read_record(ns_msg& message, int index, std::vector<Record>& records) {
  ns_rr entry;
  if (ns_parserr(&message, ns_s_an, index, &entry) != 0) return;
  if (ns_rr_type(entry) != ns_t_srv || ns_rr_class(entry) != ns_c_in || ns_rr_rdlen(entry) <= fixed_part) return;
  const auto* data = ns_rr_rdata(entry);
  std::array<char, NS_MAXDNAME> host{};
  const int size = dn_expand(ns_msg_base(message), ns_msg_end(message), data + fixed_part, host.data(), host.size());
  // The checks of ServiceTarget::parse() hold for what comes from the network too. "." means: no such service.
  const auto target = ServiceTarget::parse(std::string(host.data()) + ":" + std::to_string(ns_get16(data + 4)));
  if (size < 0 || !target) return;
  records.push_back({ns_get16(data), ns_get16(data + 2), *target});
}

struct Resolver {
  Resolver() { ready = res_ninit(&state) == 0; }
  ~Resolver() {
    if (ready) res_nclose(&state);
  }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  struct __res_state state {};
  bool ready;
};

}  // namespace

std::vector<ServiceTarget> read_services(identity::ByteView answer) {
  ns_msg message;
  if (ns_initparse(answer.data(), static_cast<int>(answer.size()), &message) != 0) return {};
  std::vector<Record> records;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i)
    read_record(message, i, records);
  std::stable_sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return std::tuple(a.priority, b.weight) < std::tuple(b.priority, a.weight);
  });
  std::vector<ServiceTarget> targets;
  for (auto& record : records)
    if (targets.size() < max_targets) targets.push_back(std::move(record.target));
  return targets;
}

FindServices system_services() {
  return [](const std::string& domain) -> std::vector<ServiceTarget> {
    Resolver resolver;
    if (!resolver.ready) return {};
    resolver.state.retrans = attempt_seconds;
    resolver.state.retry = attempts;
    std::vector<std::uint8_t> answer(max_answer);
    const int size = res_nquery(&resolver.state, ("_pd._tcp." + domain).c_str(), ns_c_in, ns_t_srv, answer.data(),
                                static_cast<int>(answer.size()));
    if (size <= 0) return {};
    answer.resize(std::min(answer.size(), static_cast<std::size_t>(size)));
    return read_services(answer);
  };
}

FindAddresses system_addresses() {
  return [](const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    std::vector<std::string> addresses;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return addresses;
    for (const auto* each = found; each != nullptr && addresses.size() < max_addresses; each = each->ai_next) {
      char text[NI_MAXHOST] = "";
      if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
        addresses.emplace_back(text);
    }
    ::freeaddrinfo(found);
    return addresses;
  };
}

}  // namespace pd::directory
