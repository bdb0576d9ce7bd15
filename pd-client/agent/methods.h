#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/files.h"
#include "agent/hub.h"
#include "agent/rpc.h"
#include "directory/pins.h"

namespace pd::agent {

// What a client has asked for that lasts as long as its connection.
struct Visit {
  bool subscribed = false;
  std::set<identity::Address> open;  // conversations (AGT-15)
};

// Who is there, as far as is known, and how many others may still say so (AGT-27).
struct Attendance {
  std::vector<identity::Address> here;
  std::size_t asked;
};

// What the agent can be asked for: the methods of AGT-10 … AGT-16, AGT-23 … AGT-25 and AGT-27, one table. One thread.
class Methods {
 public:
  struct Parts {
    Hub& hub;
    session::History& history;
    Files& files;
    identity::Address self;
    std::string device_key;  // its id
    std::string program;     // "pdctl 0.1.0"
    std::function<std::vector<directory::ContactPin>()> contacts;
    std::function<Attendance()> who_is_here;
    std::function<Json()> status;  // what only the process knows: an object
    std::function<void()> stop;
  };

  struct Reply {
    tl::expected<Json, Refusal> result;
    std::optional<Notification> for_others = {};  // all who have subscribed, but the one who asked
  };

  explicit Methods(Parts parts) : parts_(std::move(parts)) {}

  // Does what `request` asks for. Never throws: what goes wrong is a Refusal.
  Reply call(Visit& visit, const Request& request);
  // The client of `visit` is gone.
  void leave(Visit& visit);

 private:
  struct Method;
  static const Method table[];

  Reply hello(Visit& visit, const Json& params);
  Reply whoami(Visit& visit, const Json& params);
  Reply send(Visit& visit, const Json& params);
  Reply conversations(Visit& visit, const Json& params);
  Reply history(Visit& visit, const Json& params);
  Reply mark_read(Visit& visit, const Json& params);
  Reply open(Visit& visit, const Json& params);
  Reply close(Visit& visit, const Json& params);
  Reply subscribe(Visit& visit, const Json& params);
  Reply contacts(Visit& visit, const Json& params);
  Reply who_is_here(Visit& visit, const Json& params);
  Reply status(Visit& visit, const Json& params);
  Reply files(Visit& visit, const Json& params);
  Reply accept_files(Visit& visit, const Json& params);
  Reply decline_files(Visit& visit, const Json& params);
  Reply cancel_files(Visit& visit, const Json& params);
  Reply stop(Visit& visit, const Json& params);

  Transfer transfer_param(const Json& params, bool receiving);

  Parts parts_;
};

}  // namespace pd::agent
