#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "doctor/finding.h"

namespace pd::doctor {

using directory::Kind;
using identity::Seconds;

namespace {

constexpr Seconds little_skew{30};
constexpr std::chrono::days short_of_renewal{7};

std::string span_text(Seconds span) {
  const auto count = span.count();
  if (count >= 2 * 86'400) return fmt::format("{} days", count / 86'400);
  if (count >= 2 * 3'600) return fmt::format("{} hours", count / 3'600);
  if (count >= 2 * 60) return fmt::format("{} minutes", count / 60);
  return fmt::format("{} s", count);
}

Finding about_server(const ServerState& server) {
  const auto& domain = server.domain.text();
  if (server.failure) {
    return {"server", Grade::bad, server.failure->what(), server.failure->hint(), {}, server.failure->kind()};
  }
  if (!server.ready) {
    return {"server",
            Grade::bad,
            domain + " answers, but its database does not work",
            "whoever runs " + domain + " should know",
            {},
            Kind::unreachable};
  }
  return {"server", Grade::good, domain + " answers and is ready"};
}

Finding about_certificate(const ServerState& server) {
  const Seconds left = *server.certificate_expires - server.now;
  const auto found = "the server's is valid for " + span_text(left);
  if (left >= short_of_renewal) return {"certificate", Grade::good, found};
  return {"certificate", Grade::limited, found, "whoever runs " + server.domain.text() + " has to renew it soon"};
}

Finding about_clock(Seconds ahead, const std::string& domain) {
  const auto off = std::chrono::abs(ahead);
  const auto found = span_text(off) + (ahead.count() > 0 ? " ahead of " : " behind ") + domain;
  const std::string help = "set the clock of this machine, and let it be kept right: timedatectl set-ntp true";
  if (off > identity::clock_skew) return {"clock", Grade::bad, found, help};
  if (off > little_skew) return {"clock", Grade::limited, found, help};
  return {"clock", Grade::good, "agrees with " + domain};
}

}  // namespace

Findings judge(const ServerState& server) {
  Findings findings = {about_server(server)};
  if (server.certificate_expires) findings.push_back(about_certificate(server));
  if (server.descriptor_expires) {
    findings.push_back(
        {"descriptor", Grade::good,
         "signed by " + server.domain.text() + ", valid for " + span_text(*server.descriptor_expires - server.now)});
  }
  if (server.ahead) findings.push_back(about_clock(*server.ahead, server.domain.text()));
  return findings;
}

}  // namespace pd::doctor
