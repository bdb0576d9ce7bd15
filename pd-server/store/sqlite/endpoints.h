#pragma once

#include <string>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace pd::store::sqlite {

void put_endpoint(Connection& db, const std::string& local, const Endpoint& endpoint, Time now);
std::vector<Endpoint> endpoints(Connection& db, const std::string& local, Time now);

}  // namespace pd::store::sqlite
