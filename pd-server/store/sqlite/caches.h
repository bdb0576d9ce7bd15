#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/sqlite/connection.h"
#include "store/sqlite/open.h"
#include "store/store.h"

// What is remembered of other domains: bounded by rows and by bytes, since others decide how much there is.
namespace pd::store::sqlite {

std::optional<RemoteDomain> remote_domain(Connection& db, const std::string& domain);
void put_remote_domain(Connection& db, const std::string& domain, const RemoteDomain& value, const CacheBound& bound);
std::optional<RemoteAnswer> remote_answer(Connection& db, const std::string& address);
void put_remote_answer(Connection& db, const std::string& address, const RemoteAnswer& value, const CacheBound& bound);

std::optional<std::string> remote_list(Connection& db, const std::string& url);
void put_remote_list(Connection& db, const std::string& url, const std::string& jws);

}  // namespace pd::store::sqlite
