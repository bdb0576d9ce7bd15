#pragma once

#include "http/engine.h"
#include "ops/log.h"
#include "ops/metrics.h"

namespace pd::server {

// Counts what the engine tells of itself, and logs failures; with `each_request` also every request, for debugging.
// `metrics` and `log` must outlive the engine.
http::Observer observe(ops::Metrics& metrics, ops::Log& log, bool each_request);

}  // namespace pd::server
