// The engine with one answer kept ready, for run_http.py to measure beside nginx.
//
//   bench_http_server THREADS BYTES [CERTIFICATE KEY]
//
// Prints its port, then serves until standard input ends.

#include <cstdlib>
#include <iostream>
#include <string>

#include "http/engine.h"

namespace {

using namespace pd::http;

std::shared_ptr<const Router> router(std::size_t bytes) {
  const auto body = std::make_shared<const std::string>(bytes, 'x');
  const Handler ready = [body](const Request&, const Captures&) -> boost::asio::awaitable<Response> {
    co_return Response{200, {{"Content-Type", "application/json"}, {"Cache-Control", "max-age=300"}}, body};
  };
  const Handler none = [](const Request&, const Captures&) -> boost::asio::awaitable<Response> {
    co_return Response{404, {}, nullptr};
  };
  return std::make_shared<const Router>(std::vector<Route>{{"GET", "/v1/identities/{address}", ready}}, none, none);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 5) {
    std::cerr << "usage: bench_http_server THREADS BYTES [CERTIFICATE KEY]\n";
    return 2;
  }
  Limits limits;
  limits.connections_per_peer = limits.connections;
  limits.requests_per_connection = 1'000'000'000;
  Engine engine(limits, static_cast<unsigned>(std::atoi(argv[1])),
                [](unsigned status) {
                  return Response{status, {}, nullptr};
                },
                {});
  TlsFiles files;
  if (argc == 5) files = {argv[3], argv[4]};
  const auto local = engine.listen({boost::asio::ip::make_address("127.0.0.1"), 0},
                                   router(static_cast<std::size_t>(std::atoll(argv[2]))), argc == 5 ? &files : nullptr);
  engine.start();
  std::cout << local.port() << std::endl;
  std::string line;
  while (std::getline(std::cin, line))
    continue;
  engine.stop(std::chrono::seconds(1));
}
