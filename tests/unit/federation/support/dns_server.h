#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

namespace pd::federation::testing {

struct ServiceRecord {
  std::uint16_t priority;
  std::uint16_t weight;
  std::uint16_t port;
  std::string target;
};

// A name server on a free UDP port of 127.0.0.1, for A, AAAA and SRV. A name that it does not have does not exist.
class DnsServer {
 public:
  DnsServer();
  ~DnsServer();

  // "127.0.0.1:PORT"
  std::string address() const;

  void add_address(const std::string& name, const std::string& address);
  void add_service(const std::string& name, ServiceRecord record);
  // Hears questions and says nothing.
  void set_silent(bool silent) { silent_ = silent; }
  // Answers with bytes that are no answer.
  void set_garbage(bool garbage) { garbage_ = garbage; }

  std::size_t asked(const std::string& name) const;
  // Until the first question about it.
  void wait_for(const std::string& name) const;

 private:
  void serve();
  std::string answer(const std::string& question);

  boost::asio::io_context context_;
  boost::asio::ip::udp::socket socket_;
  std::atomic<bool> ending_ = false;
  std::atomic<bool> silent_ = false;
  std::atomic<bool> garbage_ = false;

  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  std::map<std::string, std::vector<std::string>> addresses_;   // guarded by mutex_
  std::map<std::string, std::vector<ServiceRecord>> services_;  // guarded by mutex_
  std::map<std::string, std::size_t> asked_;                    // guarded by mutex_
  std::thread thread_;
};

}  // namespace pd::federation::testing
