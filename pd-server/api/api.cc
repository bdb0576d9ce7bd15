#include "api/api.h"

#include <algorithm>
#include <utility>

#include "api/problem.h"
#include "api/request.h"
#include "http/peer.h"
#include "service/refusal.h"

namespace pd::api {

Api::Api(Parts parts, Settings settings)
    : parts_(std::move(parts)),
      settings_(settings),
      origins_(parts_.home.domain(), parts_.home.settings().api),
      peers_(settings_.rate_address, settings_.peers) {}

void Api::count(const http::Request& request) {
  const auto wait = peers_.take(source_of(request), parts_.steady());
  if (wait > limit::Nanos::zero()) {
    throw service::Refusal::for_now(service::Refused::rate_limited, "Too many requests from your network.", wait);
  }
}

std::string Api::source_of(const http::Request& request) const {
  if (settings_.behind_proxy) {
    // The last entry of the last line is the one that our own proxy wrote: some add to the client's line, some add one
    // of their own. What comes before anybody can invent.
    const std::string_view list = request.last_header("x-forwarded-for");
    const auto comma = list.rfind(',');
    std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
    last.remove_prefix(std::min(last.size(), last.find_first_not_of(' ')));
    boost::system::error_code error;
    const auto peer = boost::asio::ip::make_address(std::string(last), error);
    if (!error) return http::peer_key(peer);
  }
  return http::peer_key(request.peer);
}

identity::HttpRequest Api::signed_part(const http::Request& request) const {
  const auto origin = origins_.of(request.header("host"));
  if (!origin) throw Rejected(misdirected());
  return {request.method, *origin + request.target, request.body, request.headers};
}

http::Response Api::answer_of(const http::Request& request, const service::Answer& answer) const {
  http::Response response;
  response.headers = {{"Content-Type", "application/json"},
                      {"ETag", answer.etag},
                      {"Cache-Control", "max-age=" + std::to_string(answer.max_age.count())}};
  if (answer.present && none_match(request, answer.etag)) {
    response.status = 304;
    response.headers.erase(response.headers.begin());
    return response;
  }
  response.status = answer.present ? 200 : 404;
  response.body = answer.body;
  return response;
}

}  // namespace pd::api
