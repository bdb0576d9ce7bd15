#include <utility>

#include "api/api.h"
#include "api/request.h"
#include "http/source.h"

namespace pd::api {
namespace {

constexpr std::string_view comment = ": pd\n\n";

// The events of a device as a body of text/event-stream (EVT-2, EVT-4, EVT-5).
class EventStream final : public http::Source {
 public:
  explicit EventStream(std::unique_ptr<service::Listening> listening) : listening_(std::move(listening)) {}

  void begin(std::function<void()> wake) override { listening_->begin(std::move(wake)); }

  Piece next() override {
    if (!std::exchange(greeted_, true)) return {std::string(comment)};
    const auto event = listening_->next();
    if (!event) return {};
    if (event->replaced) return {"event: replaced\ndata: {}\n\n", true};
    return {"event: signal\nid: " + event->id + "\ndata: " + event->signal + "\n\n"};
  }

  std::string_view heartbeat() const override { return comment; }

 private:
  const std::unique_ptr<service::Listening> listening_;
  bool greeted_ = false;
};

}  // namespace

awaitable<http::Response> Api::signals(const http::Request& request, const http::Captures&) {
  require_type(request, "application/json");
  co_await parts_.signals.send(signed_part(request));
  co_return http::Response{202, {{"Cache-Control", "no-store"}}, nullptr};
}

awaitable<http::Response> Api::events(const http::Request& request, const http::Captures&) {
  std::string last_id(request.header("last-event-id"));
  auto listening = co_await parts_.signals.listen(signed_part(request), std::move(last_id));
  http::Response response{200,
                          {{"Content-Type", "text/event-stream"},
                           {"Cache-Control", "no-store"},
                           {"X-Accel-Buffering", "no"}},  // a proxy in front passes each event on at once
                          nullptr};
  response.source = std::make_shared<EventStream>(std::move(listening));
  co_return response;
}

}  // namespace pd::api
