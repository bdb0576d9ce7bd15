#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <optional>

#include "command/command.h"
#include "command/describe.h"
#include "command/qr.h"
#include "directory/lookup.h"
#include "directory/pins.h"
#include "directory/trust.h"
#include "identity/encoding.h"
#include "identity/safety_number.h"
#include "terminal/tty.h"

namespace pd::command {
namespace {

struct VerifyOptions {
  std::string address;
  bool mark = false;
  std::optional<std::string> qr_text;
};

identity::Party party(const directory::VerifiedPeer& peer) {
  return {peer.address(), peer.state().identity_key};
}

// What was scanned from the other's screen must be what would be shown here.
void compare(const std::string& scanned, const std::string& expected, const std::string& who) {
  if (identity::equal_constant_time(identity::bytes_of(scanned), identity::bytes_of(expected))) return;
  throw directory::Failure(
      directory::Kind::unverified, "that is not the QR code of you and " + who,
      "if it came from their screen now, one of you is being lied to: do not rely on this address");
}

int run_verify(Context& context, const VerifyOptions& options) {
  const auto whom = parse_address(options.address);
  const auto& lookup = context.lookup();
  const auto self = lookup.require(context.home().require_account().address);
  const auto peer = lookup.require(whom);
  warn_about(peer);
  require_own_active(self);
  require_active(peer);

  const auto number = identity::safety_number(party(self), party(peer));
  const auto qr_text = identity::safety_qr_text(party(self), party(peer));
  if (options.qr_text) compare(*options.qr_text, qr_text, whom.text());
  const bool marked = options.mark || options.qr_text;
  if (marked) context.pins().mark_verified(whom, peer.state().identity_key);

  const auto trust = marked ? directory::Trust::verified : peer.trust();
  if (context.json()) {
    print({{"address", whom.text()},
           {"safety_number", number},
           {"qr_text", qr_text},
           {"trust", directory::text_of(trust)}});
    return 0;
  }
  std::cout << "safety number of " << self.address().text() << " and " << whom.text() << ":\n\n  " << number << "\n\n";
  if (terminal::is_terminal(terminal::Stream::output)) std::cout << qr_code(qr_text) << "\n";
  if (marked) {
    std::cout << whom.text() << " is marked as verified\n";
  } else {
    std::cout << "Read it to each other, in another way than this one. If both see the same: pdctl verify --mark "
              << whom.text() << "\n";
  }
  return 0;
}

}  // namespace

Run verify(CLI::App& app) {
  auto options = std::make_shared<VerifyOptions>();
  app.add_option("ADDRESS", options->address, "whom to compare with")->required();
  app.add_flag("--mark", options->mark, "you have compared, and the numbers are the same");
  app.add_option("--qr-text", options->qr_text,
                 "text of the QR code on the other's screen: compare, and mark if it matches")
      ->type_name("TEXT");
  return [options](Context& context) { return run_verify(context, *options); };
}

}  // namespace pd::command
