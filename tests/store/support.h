#pragma once

#include <future>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "backend.h"
#include "store/store.h"

namespace pd::store::test {

// Runs one coroutine to its end on this thread; what it throws comes out.
template <class Value>
Value wait(awaitable<Value> task) {
  boost::asio::io_context io;
  auto result = boost::asio::co_spawn(io, std::move(task), boost::asio::use_future);
  io.run();
  return result.get();
}

Address name(const std::string& local);  // local@example.org
Time at(std::int64_t seconds);           // after some fixed moment

// The first operation of a name, and one that follows `before`: the store looks at neither.
Append create(const std::string& local, const std::string& text = "create");
Append next(const Append& before, const std::string& text);

AppendOutcome append(Store& store, Append append);
Lookup find(Store& store, const std::string& local);

}  // namespace pd::store::test
