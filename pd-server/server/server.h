#pragma once

#include <memory>

#include "config/config.h"

namespace pd::server {

struct Parts;

// The composition root: makes every part, gives each what it needs, and takes them apart in reverse order.
class Server {
 public:
  // Opens everything and listens; nothing is answered yet. Throws StartError, store::Failure, or another
  // std::exception.
  explicit Server(const config::RunConfig& config);
  ~Server();

  // Serves until SIGTERM or SIGINT, then finishes what it accepted, within the configured grace. SIGHUP reads
  // certificates and policy again. To be called once, on the main thread.
  void run();

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace pd::server
