#include "service/endpoints.h"

#include <utility>

#include "service/refusal.h"

namespace pd::service {
namespace {

using identity::EndpointRecord;
using identity::Reason;

}  // namespace

Endpoints::Endpoints(Home& home, Directory& directory, Authentication& authentication, store::Store& store)
    : home_(home), directory_(directory), authentication_(authentication), store_(store) {}

awaitable<void> Endpoints::publish(Address address, std::string device_id, identity::HttpRequest request) {
  const auto record = value_or_refuse(EndpointRecord::parse(request.body), Refused::bad_record);
  if (record.device_id() != device_id) {
    throw broken(Reason::wrong_key, "EPS-2", "The record is of another device than the request.");
  }
  authentication_.signature_of(request);  // refuses the unsigned first
  // Before the caller is looked up: nobody can make us ask another domain about whom they are not.
  if (Authentication::claimed_caller(request) != address) {
    throw broken(Reason::wrong_subject, "EPS-1", "Only a device's owner says where it is.");
  }
  const auto caller = co_await authentication_.caller(request);
  if (caller.key.id() != device_id) {
    throw broken(Reason::wrong_key, "EPS-2", "The request must be signed by the device that it is about.");
  }
  value_or_refuse(record.verify(caller.person.state, home_.now()), Refused::bad_record);
  store::Endpoint endpoint{std::move(device_id), record.text(), record.body().expires};
  co_await store_.put_endpoint(std::move(address), std::move(endpoint), home_.now());
}

awaitable<std::vector<std::string>> Endpoints::of(Address address, identity::HttpRequest request) {
  co_await authentication_.caller(request);
  const auto person = co_await directory_.person(address);
  if (!person) throw Refusal(Refused::nobody, "There is nobody of that name.");

  std::vector<std::string> records;
  if (person->ended) co_return records;
  const auto now = home_.now();
  auto endpoints = co_await store_.endpoints(address, now);
  for (auto& endpoint : endpoints) {
    // A device may have been removed since it was put there.
    const auto record = EndpointRecord::parse(endpoint.record);
    if (record && record->verify(person->state, now)) records.push_back(std::move(endpoint.record));
  }
  co_return records;
}

}  // namespace pd::service
