#include "gather/upnp.h"

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>

#include <algorithm>
#include <array>
#include <memory>

#include "identity/encoding.h"

namespace pd::gather {

using punch::IpAddress;
using punch::TransportAddress;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds longest_search{1'000};
constexpr unsigned char search_hops = 2;  // UDA 1.1, section 1.3.2
constexpr int attempts_at_a_port = 3;
constexpr int conflict = 718;  // ConflictInMappingEntry: somebody else has this external port

bool is_at(const char* url, const std::string& host) {
  const std::string text = url == nullptr ? "" : url;
  const std::string start = "http://" + host;
  return text.starts_with(start + ":") || text.starts_with(start + "/");
}

std::string reason(int result) {
  const char* text = strupnperror(result);
  return text == nullptr ? "error " + std::to_string(result) : text;
}

std::uint16_t random_port() {
  const auto bytes = identity::random_bytes(2);
  return static_cast<std::uint16_t>(49'152 + (bytes[0] << 8 | bytes[1]) % 16'384);  // the dynamic ports of RFC 6335
}

const char* protocol_name(punch::Transport transport) {
  return transport == punch::Transport::udp ? "UDP" : "TCP";
}

}  // namespace

// Searches, and reads the description of the gateway, if it has one.
bool Upnp::find(Deadline deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  const auto time = std::clamp(left, milliseconds(0), longest_search);
  int error = 0;
  const std::unique_ptr<UPNPDev, decltype(&freeUPNPDevlist)> found(
      upnpDiscover(static_cast<int>(time.count()), gateway_.ours.text().c_str(), nullptr, UPNP_LOCAL_PORT_ANY, 0,
                   search_hops, &error),
      &freeUPNPDevlist);
  for (const UPNPDev* it = found.get(); it != nullptr; it = it->pNext) {
    if (!is_at(it->descURL, gateway_.address.text())) {
      continue;
    }
    UPNPUrls urls{};
    IGDdatas data{};
    std::array<char, 64> ours{};
    if (UPNP_GetIGDFromUrl(it->descURL, &urls, &data, ours.data(), static_cast<int>(ours.size())) != 1) {
      continue;
    }
    const std::unique_ptr<UPNPUrls, decltype(&FreeUPNPUrls)> owned(&urls, &FreeUPNPUrls);
    if (is_at(urls.controlURL, gateway_.address.text())) {
      control_url_ = urls.controlURL;
      service_ = data.first.servicetype;
      return true;
    }
  }
  return false;
}

// The external port, or 0.
std::uint16_t Upnp::add(const MappingRequest& request, std::string& failure) const {
  const auto lifetime = std::to_string(request.lifetime.count());
  std::uint16_t external = request.external;
  for (int attempt = 0; attempt < attempts_at_a_port; ++attempt, external = random_port()) {
    const int result = UPNP_AddPortMapping(control_url_.c_str(), service_.c_str(), std::to_string(external).c_str(),
                                           std::to_string(request.port).c_str(), gateway_.ours.text().c_str(), "pd",
                                           protocol_name(request.transport), nullptr, lifetime.c_str());
    if (result == UPNPCOMMAND_SUCCESS) {
      return external;
    }
    failure = reason(result);
    if (result != conflict) {
      break;
    }
  }
  return 0;
}

std::optional<Mapping> Upnp::map(const MappingRequest& request, Deadline deadline, std::string& failure) {
  if (control_url_.empty() && !find(deadline)) {
    failure = "no answer";
    return std::nullopt;
  }
  if (request.lifetime.count() == 0) {
    UPNP_DeletePortMapping(control_url_.c_str(), service_.c_str(), std::to_string(request.external).c_str(),
                           protocol_name(request.transport), nullptr);
    return std::nullopt;
  }
  std::array<char, 64> address{};
  if (const int result = UPNP_GetExternalIPAddress(control_url_.c_str(), service_.c_str(), address.data());
      result != UPNPCOMMAND_SUCCESS) {
    failure = reason(result);
    return std::nullopt;
  }
  const std::uint16_t port = add(request, failure);
  const auto external = TransportAddress::parse(std::string(address.data()) + ":" + std::to_string(port));
  if (!external) {
    return std::nullopt;
  }
  return Mapping{*external, request.lifetime};
}

}  // namespace pd::gather
