#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "identity/address.h"
#include "identity/encoding.h"
#include "identity/jws.h"
#include "identity/operation.h"
#include "identity/result.h"
#include "identity/secret.h"
#include "identity/time.h"

namespace pd::identity {

inline constexpr std::string_view signal_typ = "pd-signal+jws";
inline constexpr std::size_t max_signal_bytes = 8'000;
inline constexpr std::size_t max_signal_message = 3'551;  // of what is sealed
inline constexpr Seconds max_signal_life{60};

// What everybody who carries a signal may read.
struct SignalBody {
  Address from;    // "iss"
  Address to;      // "sub"
  Hash device;     // "dev": the key id of the receiver's device
  std::string id;  // "jti": 22 characters, chosen at random by the sender
  Time issued;     // "iat"
  Time expires;    // "exp": at most max_signal_life after `issued`
  Bytes box;       // sealed to the receiver's device
};

// What a sender chooses.
struct SignalEnvelope {
  Address from;
  Address to;
  Time issued;
  Time expires;
};

// A short message from one device to another, carried by servers that cannot read it (schema/spec/signals.md).
class Signal {
 public:
  // Reads and checks everything but who signed it, when it is now and what the box holds. Fails as Jws::parse() does,
  // and with malformed (SGN-2 … SGN-6).
  static Result<Signal> parse(std::string_view jws);

  // Seals `message` to the device `to_key` of envelope.to and signs with `own_device`, of envelope.from. Fails with
  // too_large for a message over max_signal_message (SGN-8), malformed for a life that breaks SGN-5. Any thread;
  // throws as seal() and Jws::sign() do.
  static Result<Signal> seal(const SignalEnvelope& envelope, const PublicKey& to_key, std::string_view message,
                             const PrivateKey& own_device);

  // What every server and the receiver check: that a device which `sender` has now made it, and that its time is now.
  // Fails with wrong_subject (of another address), wrong_key, not_yet_valid, expired, bad_signature
  // (SGN-10 … SGN-12, JWS-10).
  Result<void> verify(const IdentityState& sender, Time now) const;

  // The message, for the device `own_device` of `own`: verifies, then opens. Fails as verify() does, with wrong_subject
  // when it is for another address or device, or was sealed for another signal (SGN-13, SGN-8), with malformed when
  // the box does not open or is not padded as it must be (SGN-14, SGN-8). That the signal has not come before is for
  // the caller to see, by replay_key() (SGN-15).
  Result<Secret> open(const IdentityState& sender, const Address& own, const PrivateKey& own_device, Time now) const;

  const SignalBody& body() const { return body_; }
  const std::string& sender_device() const { return jws_.key_id(); }
  const std::string& text() const { return jws_.text(); }

  // Names this signal among all: the sender's device and the id that it chose (SGN-15). What is remembered under it may
  // be forgotten at replay_until().
  std::string replay_key() const { return sender_device() + ":" + body_.id; }
  Time replay_until() const { return body_.expires + clock_skew; }

 private:
  Signal(SignalBody body, Jws jws) : body_(std::move(body)), jws_(std::move(jws)) {}
  SignalBody body_;
  Jws jws_;
};

}  // namespace pd::identity
