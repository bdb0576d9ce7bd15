#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

// The one row that says whose data this is, and the domain's key records.
namespace pd::store::sqlite {

// The domain whose data this is. `given` becomes it where there is none yet. Throws Failure when there is none and none
// is given, or when it is another.
Domain claim_domain(Connection& db, const std::optional<Domain>& given);

std::vector<std::string> domain_key_records(Connection& db);
void put_domain_key_records(Connection& db, const std::vector<std::string>& records);
std::uint64_t next_descriptor_seq(Connection& db);
void probe(Connection& db, Time now);
// Throws Failure when what probe() wrote is not to be seen.
void read_probe(Connection& db);

}  // namespace pd::store::sqlite
