#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

// What differs between ngtcp2 0.12 (Debian 12) and 1.x (Debian 13), and nothing else.
namespace pd::quic::library {

#if NGTCP2_VERSION_NUM >= 0x010000
using CloseError = ngtcp2_ccerr;

inline void set_application(CloseError& error, std::uint64_t code) {
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_application_error(&error, code, nullptr, 0);
}
inline void set_alert(CloseError& error, std::uint8_t alert) {
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_tls_alert(&error, alert, nullptr, 0);
}
inline void set_library(CloseError& error, int code) {
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_liberr(&error, code, nullptr, 0);
}
inline CloseError received(ngtcp2_conn* connection) {
  return *ngtcp2_conn_get_ccerr(connection);
}
inline bool is_application(const CloseError& error) {
  return error.type == NGTCP2_CCERR_TYPE_APPLICATION;
}
inline void set_original(ngtcp2_transport_params& parameters, const ngtcp2_cid& id) {
  parameters.original_dcid = id;
  parameters.original_dcid_present = 1;
}
inline std::size_t send_quantum(ngtcp2_conn* connection) {
  return ngtcp2_conn_get_send_quantum(connection);
}
class Pace {
 public:
  void sent(ngtcp2_conn* connection, std::size_t, ngtcp2_tstamp now) {
    ngtcp2_conn_update_pkt_tx_time(connection, now);
  }
};
#else
using CloseError = ngtcp2_connection_close_error;

inline void set_application(CloseError& error, std::uint64_t code) {
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_application_error(&error, code, nullptr, 0);
}
inline void set_alert(CloseError& error, std::uint8_t alert) {
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_transport_error_tls_alert(&error, alert, nullptr, 0);
}
inline void set_library(CloseError& error, int code) {
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_transport_error_liberr(&error, code, nullptr, 0);
}
inline CloseError received(ngtcp2_conn* connection) {
  CloseError error{};
  ngtcp2_conn_get_connection_close_error(connection, &error);
  return error;
}
inline bool is_application(const CloseError& error) {
  return error.type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION;
}
inline void set_original(ngtcp2_transport_params& parameters, const ngtcp2_cid& id) {
  parameters.original_dcid = id;
}
inline ngtcp2_conn_stat stat_of(ngtcp2_conn* connection) {
  ngtcp2_conn_stat stat{};
  ngtcp2_conn_get_conn_stat(connection, &stat);
  return stat;
}
// What goes out in a millisecond, at most 64 KiB, as BBR says and 1.x does. 0.12 takes the round trip for the
// millisecond, which makes ten datagrams of it where that is short.
inline std::size_t send_quantum(ngtcp2_conn* connection) {
  constexpr double most = 64 * 1024;
  const auto stat = stat_of(connection);
  return std::max(stat.send_quantum, static_cast<std::size_t>(std::min(most, stat.pacing_rate * NGTCP2_MILLISECONDS)));
}
// When the next datagrams are due. 0.12 counts from when the last ones left, so that every time a timer or the
// processor comes late the path seems slower than it is; 1.x makes up for it, as this does.
class Pace {
 public:
  void sent(ngtcp2_conn* connection, std::size_t bytes, ngtcp2_tstamp now) {
    const auto begin = std::clamp(due_, now - std::min(now, most_late), now + most_early);
    ngtcp2_conn_update_pkt_tx_time(connection, begin);
    const auto rate = stat_of(connection).pacing_rate;
    due_ = begin + (rate > 0 ? static_cast<ngtcp2_duration>(static_cast<double>(bytes) / rate) : 0);
  }

 private:
  static constexpr ngtcp2_duration most_late = 25 * NGTCP2_MILLISECONDS;
  static constexpr ngtcp2_duration most_early = NGTCP2_MILLISECONDS;  // as 0.12 allows
  ngtcp2_tstamp due_ = 0;
};
#endif

}  // namespace pd::quic::library
