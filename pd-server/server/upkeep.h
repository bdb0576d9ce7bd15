#pragma once

#include <boost/asio/awaitable.hpp>

#include "ops/log.h"
#include "service/directory.h"
#include "service/home.h"
#include "service/mailboxes.h"
#include "store/store.h"

namespace pd::server {

// Never ends: keeps the descriptor fresh, and follows a rotation of the domain key by the administrator within a second
// or two; forgets signals when their time is over.
boost::asio::awaitable<void> keep_up(service::Home& home, service::Directory& directory, service::Mailboxes& mailboxes,
                                     store::Store& store, ops::Log& log);

}  // namespace pd::server
