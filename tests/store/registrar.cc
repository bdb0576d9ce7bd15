// store_registrar BACKEND LOCATION START: registers START, START+1, … as fast as it can, several at a time, and prints
// the number of each one that was acknowledged.
#include <cstdio>
#include <cstdlib>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "backend.h"
#include "support.h"

namespace {

using namespace pd::store;

constexpr int at_a_time = 8;
constexpr int enough = 1'000'000;

awaitable<void> keep_registering(Store& store, int first) {
  for (int n = first; n < first + enough; n += at_a_time) {
    const AppendOutcome outcome = co_await store.append(test::create("name" + std::to_string(n)));
    if (outcome != AppendOutcome::done) std::abort();
    std::printf("%d\n", n);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto backend = test::attach(argv[1], argv[2]);
  const auto store = backend->open();
  boost::asio::io_context io;
  for (int i = 0; i < at_a_time; ++i)
    boost::asio::co_spawn(io, keep_registering(*store, std::atoi(argv[3]) + i), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  io.run();
}
