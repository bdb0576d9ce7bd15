#include "agent/events.h"

#include <utility>

#include "directory/trust.h"
#include "session/ending.h"

namespace pd::agent {

namespace {

// One for each event; `self` is the owner.
struct Teller {
  const identity::Address& self;

  Notification operator()(const Stored& stored) const { return {"message", message_json(stored.entry, self)}; }
  Notification operator()(const Delivered& delivered) const {
    return {"delivered", {{"with", delivered.with.text()}, {"ids", delivered.ids}}};
  }
  Notification operator()(const Connected& connected) const {
    const auto& peer = connected.peer;
    return {"presence",
            {{"with", peer.address().text()},
             {"connected", true},
             {"endpoint", connected.endpoint},
             {"trust", directory::text_of(peer.trust())},
             {"confirmed", peer.confirmed()},
             {"stale", peer.stale()}}};
  }
  Notification operator()(const Disconnected& disconnected) const {
    return {"presence",
            {{"with", disconnected.with.text()},
             {"connected", false},
             {"reason", session::text_of(disconnected.how.ending)},
             {"detail", disconnected.how.message}}};
  }
  Notification operator()(const Waiting& waiting) const {
    return {"waiting", {{"with", waiting.with.text()}, {"reason", waiting.reason}, {"waiting", waiting.waiting}}};
  }
  Notification operator()(const Failed& failed) const {
    return {"failed",
            {{"with", failed.with.text()},
             {"kind", static_cast<int>(failed.failure.kind())},
             {"message", failed.failure.what()},
             {"hint", failed.failure.hint()}}};
  }
  Notification operator()(const Asked& asked) const {
    return {"asked",
            {{"with", asked.peer.address().text()},
             {"identity_key", asked.peer.state().identity_key.id()},
             {"confirmed", asked.peer.confirmed()},
             {"unsaid", asked.unsaid}}};
  }
  Notification operator()(const SaidHere& said) const { return {"here", {{"with", said.with.text()}}}; }
  Notification operator()(const FilesOffered& offered) const {
    return {"files_offered", transfer_json(offered.transfer)};
  }
  Notification operator()(const FilesReceiving& begun) const {
    return {"files_receiving", transfer_json(begun.transfer)};
  }
  Notification operator()(const FilesProgress& progress) const {
    return {"files_progress", transfer_json(progress.transfer)};
  }
  Notification operator()(const FilePlaced& file) const {
    Json params{{"number", file.number}, {"with", file.with.text()}, {"path", file.path}, {"unsaid", file.unsaid}};
    if (!file.size) {
      return {"file_missing", std::move(params)};
    }
    params["size"] = *file.size;
    return {"file", std::move(params)};
  }
  Notification operator()(const FilesReceived& received) const {
    auto params = transfer_json(received.transfer);
    params["missing"] = received.missing;
    return {"files_received", std::move(params)};
  }
  Notification operator()(const FilesStopped& stopped) const {
    auto params = transfer_json(stopped.transfer);
    params["reason"] = stopped.reason;
    return {"files_stopped", std::move(params)};
  }
};

std::string_view state_of(session::Delivery delivery) {
  switch (delivery) {
    case session::Delivery::received:
      return "received";
    case session::Delivery::delivered:
      return "delivered";
    default:
      return "waiting";
  }
}

}  // namespace

Json message_json(const session::Entry& entry, const identity::Address& self) {
  const bool theirs = entry.delivery == session::Delivery::received;
  return {{"seq", entry.seq},
          {"with", entry.peer},
          {"from", theirs ? entry.peer : self.text()},
          {"id", entry.message.id},
          {"time", entry.message.time.time_since_epoch().count()},
          {"text", entry.message.text},
          {"state", state_of(entry.delivery)}};
}

Json transfer_json(const Transfer& transfer) {
  Json json{{"number", transfer.number},
            {"with", transfer.with.text()},
            {"state", transfer.receiving ? "receiving" : "offered"},
            {"files", transfer.files},
            {"bytes", transfer.bytes},
            {"names", transfer.names}};
  if (transfer.receiving) {
    json["folder"] = transfer.folder;
    json["bytes_there"] = transfer.bytes_there;
    json["rate"] = transfer.rate;
  }
  return json;
}

Notification notification(const Event& event, const identity::Address& self) {
  return std::visit(Teller{self}, event);
}

}  // namespace pd::agent
