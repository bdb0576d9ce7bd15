#include "directory/lookup_failure.h"

#include <string>

namespace pd::directory {
namespace {

constexpr std::string_view nothing_lost = "nothing of yours is lost: your keys and messages are on this machine";

std::string changed_hint(const identity::Address& who, bool somebody_else, Reader reader) {
  const auto reset = "pdctl trust reset " + who.text();
  if (reader == Reader::other)
    return "do not go on before you have spoken to them in another way; only if the new key is right: " + reset;
  if (somebody_else)
    return "tell whoever runs " + who.domain().text() + " that they gave your name away; " + std::string(nothing_lost);
  return "tell whoever runs " + who.domain().text() + "; " + std::string(nothing_lost) +
         ". Only if they say that it stays so, after a restored backup perhaps: " + reset +
         ", and if your keys do not count then: pdctl recover " + who.text();
}

std::string changed_what(const identity::Address& who, bool somebody_else, Reader reader) {
  const auto text = who.text();
  if (reader == Reader::owner) {
    return somebody_else ? "your own address " + text + " is somebody else's now: its history begins differently"
                         : who.domain().text() + " answers with an older or another state of your own address " + text +
                               " than this machine has seen";
  }
  return somebody_else ? text + " is somebody else now: the history of that name begins differently"
                       : "the directory gives an older or another history of " + text + " than before";
}

}  // namespace

Failure nobody_there(const identity::Address& about, bool removed, Reader reader) {
  const auto& domain = about.domain().text();
  if (reader == Reader::owner) {
    return {Kind::nobody,
            removed ? "your account " + about.text() + " was removed by " + domain + ", which signed it"
                    : domain + " does not know your account " + about.text() + ", and signed that",
            removed ? "ask whoever runs " + domain +
                          " why; the name is given to nobody again, another needs a home of "
                          "its own: pdctl --home DIR register NAME@DOMAIN"
                    : "check the spelling; if it is right, ask whoever runs " + domain};
  }
  if (removed) {
    return {Kind::nobody, about.text() + " was removed by " + domain + ", which signed it",
            "the name is given to nobody again; ask them, in another way, for their new address"};
  }
  return {Kind::nobody, "there is no " + about.text() + ": " + domain + " says so and signed it", "check the spelling"};
}

Failure absence_unproven(const identity::Domain& server, const identity::Address& about, bool pinned) {
  return {Kind::unverified,
          server.text() + " says that nobody has the name " + about.text() +
              ", but proves nothing: there is no signed statement (RES-3)" +
              (pinned ? "; they were there before (PIN-3)" : ""),
          "nothing of it was believed; whoever runs " + server.text() + " should know"};
}

Failure person_changed(const ContactPin& pin, const identity::VerifiedIdentity& now, const identity::Error& error,
                       Reader reader) {
  const bool somebody_else = error.reason == identity::Reason::wrong_key;
  return {Kind::unverified,
          changed_what(pin.address, somebody_else, reader) + " (" + error.rule + ")\n  identity key was " +
              pin.identity_key.id() + "\n  identity key now " + now.state().identity_key.id(),
          changed_hint(pin.address, somebody_else, reader)};
}

Failure person_denied(const ContactPin& pin, const identity::Error& error, Reader reader) {
  const auto who = pin.address.text();
  const auto& domain = pin.address.domain().text();
  const auto rest = ": " + describe(error) + "\n  identity key was " + pin.identity_key.id();
  if (reader == Reader::owner) {
    return {Kind::unverified, domain + " does not know your account " + who + " any more" + rest,
            "ask whoever runs " + domain + "; " + std::string(nothing_lost)};
  }
  return {Kind::unverified, who + " was there before and is denied now" + rest,
          "ask them, or whoever runs " + domain + ", what happened; to forget them: pdctl trust reset " + who};
}

Failure domain_changed(const identity::Domain& domain, const identity::Descriptor& pinned,
                       const identity::Descriptor& now) {
  return {Kind::unverified,
          "the key of " + domain.text() + " has changed, and the old key did not sign the change\n  was " +
              pinned.keys().current().id() + "\n  now " + now.keys().current().id(),
          "somebody may be pretending to be " + domain.text() +
              "; ask whoever runs it, and only if the new key is right: pdctl trust reset " + domain.text()};
}

}  // namespace pd::directory
