#include "identity/signal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "identity/sealed_box.h"
#include "members.h"
#include "validity.h"

namespace pd::identity {
namespace {

// So few lengths that they tell nothing but "short", "longer" and "long" (SGN-8).
constexpr std::array<std::size_t, 3> padded_sizes = {1'024, 2'048, 3'584};
constexpr std::size_t binding_bytes = 32;
constexpr char end_of_message = '\x80';
static_assert(binding_bytes + max_signal_message + 1 == padded_sizes.back());

constexpr std::size_t id_bytes = 16;

// Says for which signal a box is made: whoever takes it out of one and signs it into another is found out (SGN-8).
Hash binding(const SignalBody& body, std::string_view sender_device) {
  std::string text = "pd-signal\n";
  for (const std::string& part :
       {std::string(sender_device), body.from.text(), body.to.text(), base64url(body.device), body.id}) {
    text += part;
    text += '\n';
  }
  return sha256(bytes_of(text));
}

Secret padded(const Hash& binding, std::string_view message) {
  const std::size_t needed = binding.size() + message.size() + 1;
  Secret text;
  text.reserve(*std::ranges::lower_bound(padded_sizes, needed));
  text.append({reinterpret_cast<const char*>(binding.data()), binding.size()});
  text.append(message);
  text.append({&end_of_message, 1});
  text.append(std::string(*std::ranges::lower_bound(padded_sizes, needed) - needed, '\0'));
  return text;
}

Result<Secret> unpadded(const Secret& text, const Hash& binding) {
  const std::string_view all = text.view();
  if (all.size() < binding_bytes || !equal_constant_time(bytes_of(all.substr(0, binding_bytes)), binding)) {
    return fail(Reason::wrong_subject, "SGN-8", "the box was sealed for another signal");
  }
  const std::size_t end = all.find_last_not_of('\0');
  if (end < binding_bytes || all[end] != end_of_message) {
    return fail(Reason::malformed, "SGN-8", "what was sealed is not padded");
  }
  Secret message;
  message.append(all.substr(binding_bytes, end - binding_bytes));
  return message;
}

Result<std::string> read_signal_id(const Json& payload) {
  auto id = string_member(payload, "jti", "SGN-4");
  if (!id) return tl::unexpected(id.error());
  const auto bytes = from_base64url(*id);
  if (!bytes || bytes->size() != id_bytes) return fail(Reason::malformed, "SGN-4", "jti is not 16 bytes in base64url");
  return id;
}

Result<Bytes> read_box(const Json& payload) {
  const auto text = string_member(payload, "box", "SGN-6");
  if (!text) return tl::unexpected(text.error());
  auto box = from_base64url(*text);
  if (!box) return tl::unexpected(enclose(box.error(), "SGN-6", "box"));
  const auto of_size = [&](std::size_t size) { return box->size() == size + sealed_box_overhead; };
  if (std::ranges::none_of(padded_sizes, of_size)) return fail(Reason::malformed, "SGN-6", "no box has that length");
  return box;
}

Result<Period> read_signal_life(const Json& payload) {
  const auto period = read_period(payload, "SGN-5");
  if (!period) return period;
  return check_life(*period, max_signal_life, "SGN-5").map([&] { return *period; });
}

Result<SignalBody> read_signal(const Json& payload) {
  auto from = address_member(payload, "iss", "SGN-2");
  if (!from) return tl::unexpected(from.error());
  auto to = address_member(payload, "sub", "SGN-2");
  if (!to) return tl::unexpected(to.error());
  const auto device = hash_member(payload, "dev", "SGN-3");
  if (!device) return tl::unexpected(device.error());
  auto id = read_signal_id(payload);
  if (!id) return tl::unexpected(id.error());
  const auto life = read_signal_life(payload);
  if (!life) return tl::unexpected(life.error());
  auto box = read_box(payload);
  if (!box) return tl::unexpected(box.error());
  return SignalBody{std::move(*from), std::move(*to), *device,        std::move(*id),
                    life->issued,     life->expires,  std::move(*box)};
}

Json signal_payload(const SignalBody& body) {
  return {
      {"iss", body.from.text()},
      {"sub", body.to.text()},
      {"dev", base64url(body.device)},
      {"jti", body.id},
      {"iat", body.issued.time_since_epoch().count()},
      {"exp", body.expires.time_since_epoch().count()},
      {"box", base64url(body.box)},
  };
}

}  // namespace

Result<Signal> Signal::parse(std::string_view text) {
  auto jws = Jws::parse(text, signal_typ, max_signal_bytes);
  if (!jws) return tl::unexpected(enclose(jws.error(), "signal"));
  auto body = read_signal(jws->payload());
  if (!body) return tl::unexpected(enclose(body.error(), "signal"));
  return Signal(std::move(*body), std::move(*jws));
}

Result<Signal> Signal::seal(const SignalEnvelope& envelope, const PublicKey& to_key, std::string_view message,
                            const PrivateKey& own_device) {
  if (message.size() > max_signal_message) {
    return fail(Reason::too_large, "SGN-8", "a signal holds at most " + std::to_string(max_signal_message) + " bytes");
  }
  SignalBody body{
      envelope.from,    envelope.to, to_key.thumbprint(), base64url(random_bytes(id_bytes)), envelope.issued,
      envelope.expires, {}};
  const Secret plain = padded(binding(body, own_device.public_key().id()), message);
  body.box = identity::seal(to_key, bytes_of(plain.view()));
  // Read back what will be sent, so that nothing is ever signed that a reader would refuse.
  return parse(Jws::sign(own_device, signal_typ, signal_payload(body)).text());
}

Result<void> Signal::verify(const IdentityState& sender, Time now) const {
  if (body_.from != sender.address) {
    return fail(Reason::wrong_subject, "SGN-10", "the signal is of " + body_.from.text());
  }
  const auto signer = std::ranges::find(sender.devices, sender_device(), [](const Device& d) { return d.key.id(); });
  if (signer == sender.devices.end()) {
    return fail(Reason::wrong_key, "SGN-11", "the signal is not signed by a device of its sender");
  }
  // Its life is shorter than two honest clocks may be apart, so both ends have the leeway.
  const auto time = check_period({body_.issued, replay_until()}, now, "SGN-12", "the signal");
  if (!time) return time;
  return jws_.verify(signer->key);
}

Result<Secret> Signal::open(const IdentityState& sender, const Address& own, const PrivateKey& own_device,
                            Time now) const {
  if (const auto verified = verify(sender, now); !verified) return tl::unexpected(verified.error());
  if (body_.to != own || body_.device != own_device.public_key().thumbprint()) {
    return fail(Reason::wrong_subject, "SGN-13", "the signal is for another device");
  }
  const auto plain = identity::open(own_device, body_.box);
  if (!plain) return tl::unexpected(plain.error());
  return unpadded(*plain, binding(body_, sender_device()));
}

}  // namespace pd::identity
