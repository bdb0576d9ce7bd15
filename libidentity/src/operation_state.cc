#include "operation_state.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "identity/text.h"
#include "members.h"

namespace pd::identity {
namespace {

constexpr std::size_t max_device_name_bytes = 64;

Result<Device> read_device(const Json& item) {
  if (!item.is_object()) return fail(Reason::malformed, "OP-9", "a device is an object");
  auto name = string_member(item, "name", "OP-9");
  if (!name) return tl::unexpected(name.error());
  auto key = key_member(item, "key", "OP-9");
  if (!key) return tl::unexpected(key.error());
  return Device{std::move(*name), *key};
}

Result<std::vector<Device>> read_devices(const Json& payload) {
  const auto items = array_member(payload, "devices", "OP-9");
  if (!items) return tl::unexpected(items.error());
  // Bounded before the keys are read: reading a key costs curve arithmetic.
  if ((*items)->size() > max_devices) return fail(Reason::too_large, "OP-9", "more than 16 devices");
  std::vector<Device> devices;
  for (const Json& item : **items) {
    auto device = read_device(item);
    if (!device) return tl::unexpected(device.error());
    devices.push_back(std::move(*device));
  }
  return devices;
}

Result<std::vector<Hash>> read_recovery_keys(const Json& payload) {
  const auto items = array_member(payload, "recovery", "OP-12");
  if (!items) return tl::unexpected(items.error());
  if ((*items)->size() > max_recovery_keys) return fail(Reason::too_large, "OP-12", "more than 5 recovery keys");
  std::vector<Hash> keys;
  for (const Json& item : **items) {
    if (!item.is_string()) return fail(Reason::malformed, "OP-12", "a recovery key is given as a thumbprint");
    const auto hash = hash_from_base64url(item.get_ref<const std::string&>());
    if (!hash) return tl::unexpected(enclose(hash.error(), "OP-12", "recovery"));
    keys.push_back(*hash);
  }
  return keys;
}

Result<void> check_devices(const IdentityState& state) {
  if (state.devices.size() > max_devices) return fail(Reason::too_large, "OP-9", "more than 16 devices");
  for (auto device = state.devices.begin(); device != state.devices.end(); ++device) {
    if (device->name.empty() || device->name.size() > max_device_name_bytes || !is_printable(device->name)) {
      return fail(Reason::malformed, "OP-10", "a device's name is 1 to 64 bytes of printable UTF-8");
    }
    if (device->key == state.identity_key) return fail(Reason::malformed, "OP-11", "a device has the identity key");
    const auto same = [&](const Device& other) { return other.name == device->name || other.key == device->key; };
    if (std::any_of(state.devices.begin(), device, same)) {
      return fail(Reason::malformed, "OP-11", "two devices have one name or one key");
    }
  }
  return {};
}

Result<void> check_recovery_keys(const IdentityState& state) {
  const auto& keys = state.recovery_keys;
  if (keys.size() > max_recovery_keys) return fail(Reason::too_large, "OP-12", "more than 5 recovery keys");
  if (keys.empty()) return {};
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    if (std::find(keys.begin(), key, *key) != key) {
      return fail(Reason::malformed, "OP-12", "a recovery key is listed twice");
    }
  }
  const auto listed = [&](const PublicKey& key) { return std::ranges::find(keys, key.thumbprint()) != keys.end(); };
  if (listed(state.identity_key) || std::ranges::any_of(state.devices, listed, &Device::key)) {
    return fail(Reason::malformed, "OP-12", "a recovery key is also the identity key or a device's");
  }
  return {};
}

}  // namespace

Result<IdentityState> read_state(const Json& payload) {
  auto address = address_member(payload, "address", "OP-4");
  if (!address) return tl::unexpected(address.error());
  const auto key = key_member(payload, "identity_key", "OP-8");
  if (!key) return tl::unexpected(key.error());
  auto devices = read_devices(payload);
  if (!devices) return tl::unexpected(devices.error());
  auto recovery_keys = read_recovery_keys(payload);
  if (!recovery_keys) return tl::unexpected(recovery_keys.error());
  IdentityState state{std::move(*address), *key, std::move(*devices), std::move(*recovery_keys)};
  if (const auto checked = check_state(state); !checked) return tl::unexpected(checked.error());
  return state;
}

void write_state(const IdentityState& state, Json& payload) {
  payload["address"] = state.address.text();
  payload["identity_key"] = state.identity_key.jwk();
  Json& devices = payload["devices"] = Json::array();
  for (const Device& device : state.devices) {
    devices.push_back({{"name", device.name}, {"key", device.key.jwk()}});
  }
  Json& recovery = payload["recovery"] = Json::array();
  for (const Hash& key : state.recovery_keys)
    recovery.push_back(base64url(key));
}

Result<void> check_state(const IdentityState& state) {
  if (const auto devices = check_devices(state); !devices) return devices;
  return check_recovery_keys(state);
}

}  // namespace pd::identity
