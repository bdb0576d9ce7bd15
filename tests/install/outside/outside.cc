// A program of somebody who has the installed library and nothing else: every public header, and a little of what they
// promise.
#include <iostream>

#include <identity/address.h>
#include <identity/certificate.h>
#include <identity/descriptor.h>
#include <identity/encoding.h>
#include <identity/endpoint.h>
#include <identity/history.h>
#include <identity/http_signature.h>
#include <identity/json.h>
#include <identity/jws.h>
#include <identity/key.h>
#include <identity/operation.h>
#include <identity/recovery_words.h>
#include <identity/resolution.h>
#include <identity/result.h>
#include <identity/safety_number.h>
#include <identity/sealed_box.h>
#include <identity/signal.h>
#include <identity/statement.h>
#include <identity/time.h>

using namespace pd::identity;

int main() {
  // The key of RFC 8037, appendix A.
  const auto seed = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
  const auto key = PrivateKey::from_seed(*seed);
  const auto address = Address::parse("Olivier@Example.org");
  const IdentityState state{*address, key->public_key(), {}, {}};
  const auto create = Operation::sign({OperationKind::create, 0, {}, Time(Seconds(1'800'000'000)), state, {}}, *key);
  if (!create) return 1;
  const auto history = History::start(*create);
  if (!history || key_from_recovery_words(recovery_words(*key))->public_key() != key->public_key()) return 1;
  if (open(*key, seal(key->public_key(), bytes_of("to myself")))->view() != "to myself") return 1;
  std::cout << history->state().identity_key.id() << ' ' << history->address().text() << '\n';
}
