#pragma once

#include "store/store.h"

namespace pd::service {

// The services let the store's failures pass. Whoever calls them knows them by these names, and the store not at all.
using StorageBusy = store::Busy;        // too much to write at this moment: nothing was done, trying again helps
using StorageFailure = store::Failure;  // the database failed

}  // namespace pd::service
