// One side of a call, for the NAT lab: gathers, prints what it tells the other side as one line, reads the other's from
// standard input, races, and prints how it went as one line of JSON. Then the caller sends a line and the answerer
// sends it back, so that the link is seen to carry something.
//
//   nat_peer caller|callee [--stun HOST:PORT]… [--map] [--no-udp] [--no-tcp]
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "client/town.h"
#include "identity/descriptor.h"
#include "identity/json.h"
#include "reach/race.h"

namespace {

using pd::identity::Json;
using pd::test::Town;
using std::chrono::steady_clock;
namespace asio = boost::asio;
namespace gather = pd::gather;
namespace punch = pd::punch;
namespace reach = pd::reach;

const std::string olivier = "olivier@example.org";
const std::string gordon = "gordon@blackmesa.us";
constexpr std::string_view greeting = "hello";
constexpr std::chrono::seconds farewell{5};

struct Arguments {
  punch::Role role = punch::Role::caller;
  gather::Options options;
  bool map = false;
};

Arguments parse(int count, char** words) {
  Arguments arguments;
  const std::vector<std::string> all(words + 1, words + count);
  if (all.empty() || (all[0] != "caller" && all[0] != "callee")) {
    throw std::runtime_error("usage: nat_peer caller|callee [--stun HOST:PORT]… [--map] [--no-udp] [--no-tcp]");
  }
  arguments.role = all[0] == "caller" ? punch::Role::caller : punch::Role::callee;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i] == "--stun" && i + 1 < all.size()) {
      arguments.options.stun.push_back(pd::identity::StunServer::parse(all[++i]).value());
    } else if (all[i] == "--map") {
      arguments.map = true;
    } else if (all[i] == "--no-udp") {
      arguments.options.udp = false;
    } else if (all[i] == "--no-tcp") {
      arguments.options.tcp = false;
    } else {
      throw std::runtime_error("unknown: " + all[i]);
    }
  }
  return arguments;
}

// Runs `task` to its end and returns what it returns.
template <class T>
T finish(asio::io_context& io, asio::awaitable<T> task) {
  std::optional<T> result;
  asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& error, T value) {
    if (error) {
      std::rethrow_exception(error);
    }
    result.emplace(std::move(value));
  });
  io.restart();
  while (!result && io.run_one() > 0) {
  }
  return std::move(result.value());
}

double milliseconds_since(steady_clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - begun).count();
}

asio::awaitable<std::string> hear(pd::connect::Link& link) {
  std::string all;
  std::string buffer(greeting.size(), 0);
  while (all.size() < greeting.size()) {
    const std::size_t size = co_await link.read(buffer);
    if (size == 0) {
      break;
    }
    all.append(buffer, 0, size);
  }
  co_return all;
}

// Both directions; then the caller leaves, and the answerer waits for it.
asio::awaitable<bool> talk(pd::connect::Link& link, punch::Role role) {
  std::string heard;
  if (role == punch::Role::caller) {
    co_await link.write(greeting);
    heard = co_await hear(link);
    co_return heard == greeting;
  }
  heard = co_await hear(link);
  co_await link.write(heard);
  try {
    co_await hear(link);
  } catch (const boost::system::system_error&) {  // it has left
  }
  co_return heard == greeting;
}

Json told(const pd::connect::NoLink& report) {
  Json ways = Json::array();
  for (const auto& way : report.ways) {
    ways.push_back({{"name", way.name}, {"failure", way.failure}});
  }
  return {{"ok", false}, {"sentence", report.message}, {"help", report.help}, {"ways", ways}};
}

punch::Description read_description() {
  std::string line;
  std::getline(std::cin, line);
  auto description = punch::Description::from_json(Json::parse(line));
  if (!description) {
    throw std::runtime_error("their description: " + description.error().message);
  }
  return *description;
}

int run(const Arguments& arguments) {
  asio::io_context io(1);
  gather::PortMapper mapper(io.get_executor());
  Town town;
  town.settle(olivier);
  town.settle(gordon);
  const bool calls = arguments.role == punch::Role::caller;
  auto options = arguments.options;
  options.mapper = arguments.map ? &mapper : nullptr;
  const auto begun = steady_clock::now();
  std::shared_ptr<gather::Gathering> own = finish(io, gather::gather(options));
  const double gathered = milliseconds_since(begun);
  const auto description = own->describe();
  std::cout << description.json().value().dump() << std::endl;
  reach::Entry entry{
      arguments.role, own, description, read_description(),
      pd::connect::Parties{Town::credentials(calls ? olivier : gordon), town.find(calls ? gordon : olivier)}};
  own.reset();
  auto outcome = finish(io, reach::race(std::move(entry)));
  Json result;
  if (outcome) {
    const bool carries = finish(io, talk(*outcome->link, arguments.role));
    result = {{"ok", carries},
              {"path", outcome->path},
              {"transport", std::string(punch::name(outcome->transport))},
              {"ms", outcome->time.count()},
              {"where", outcome->link->where()}};
  } else {
    result = told(outcome.error());
  }
  result["nat"] = std::string(punch::name(description.nat));
  result["gather_ms"] = gathered;
  std::cout << result.dump() << std::endl;
  const bool reached = outcome.has_value();
  outcome = reach::Reached();  // closes the link
  io.restart();
  io.run_for(farewell);  // a QUIC link stays until its end is acknowledged
  return reached ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(parse(count, words));
  } catch (const std::exception& error) {
    std::cerr << "nat_peer: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
