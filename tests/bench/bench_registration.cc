// How many people a server registers a second, beside how many Ed25519 signatures this machine verifies: a registration
// costs two verifications (of the request and of the operation), and that should be most of it.
//
//   bench_registration DOMAIN PORT CA_FILE PEOPLE CONNECTIONS PID
//
// Keys, operations, challenges and signatures are made first; only the PUTs are timed. The CPU time of the server,
// whose process is PID, says more than the wall clock when other work shares the machine. Prints one JSON object.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <httplib.h>
#include <unistd.h>

#include "identity/http_signature.h"
#include "identity/json.h"
#include "identity/operation.h"

namespace {

using namespace pd::identity;
using Steady = std::chrono::steady_clock;

struct Target {
  std::string domain;
  int port;
  std::string ca_file;
};

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "bench_registration: " << what << '\n';
  std::exit(1);
}

// proc(5): the fields 14 and 15 of /proc/PID/stat, counted behind the program's name.
double cpu_seconds(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string field;
  for (int skipped = 0; skipped < 13; ++skipped)
    stat >> field;
  double user = 0;
  double system = 0;
  if (!(stat >> user >> system)) fail("no such process: " + pid);
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

struct Put {
  std::string path;
  std::string body;
  httplib::Headers headers;
};

Time now() {
  return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

std::unique_ptr<httplib::SSLClient> connect(const Target& target) {
  auto client = std::make_unique<httplib::SSLClient>(target.domain, target.port);
  client->set_hostname_addr_map({{target.domain, "127.0.0.1"}});
  client->set_ca_cert_path(target.ca_file.c_str());
  client->set_default_headers({{"Host", target.domain}});
  client->set_keep_alive(true);
  client->set_tcp_nodelay(true);
  return client;
}

Put prepare(httplib::SSLClient& client, const Target& target, const std::string& local) {
  const auto answer = client.Post("/v1/challenges");
  if (!answer || answer->status != 200) fail("no challenge");
  const auto key = PrivateKey::generate();
  const auto device = PrivateKey::generate();
  const IdentityState state{
      *Address::parse(local + "@" + target.domain), key.public_key(), {{"laptop", device.public_key()}}, {}};
  const auto operation = Operation::sign({OperationKind::create, 0, {}, now(), state, {}}, key).value();

  Put put{"/v1/identities/" + state.address.text(), operation.text(), {}};
  const HttpRequest request{"PUT", "https://" + target.domain + put.path, put.body, {}};
  const auto challenge = Json::parse(answer->body)["challenge"].get<std::string>();
  for (auto& [name, value] :
       sign_request(request, key, {key.public_key().id(), now(), challenge, std::string(tag_user)})) {
    put.headers.emplace(name, value);
  }
  return put;
}

struct Measured {
  double per_second;
  double cpu_seconds_each;
};

// One thread for each connection; each sends what it prepared, all at the same time.
Measured registrations(const Target& target, int people, int connections, const std::string& pid) {
  const int each = people / connections;
  const auto run = std::to_string(Steady::now().time_since_epoch().count());
  std::atomic<int> prepared{0};
  std::atomic<bool> go{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < connections; ++t) {
    threads.emplace_back([&, t] {
      const auto client = connect(target);
      std::vector<Put> puts;
      for (int n = 0; n < each; ++n) {
        puts.push_back(prepare(*client, target, "b" + run + "t" + std::to_string(t) + "n" + std::to_string(n)));
      }
      ++prepared;
      prepared.notify_all();
      go.wait(false);
      for (const auto& put : puts) {
        const auto answer = client->Put(put.path, put.headers, put.body, "application/jose");
        if (!answer || answer->status != 201) ++failures;
      }
    });
  }
  for (int ready = prepared; ready < connections; ready = prepared)
    prepared.wait(ready);
  const double cpu_before = cpu_seconds(pid);
  const auto started = Steady::now();
  go = true;
  go.notify_all();
  for (auto& thread : threads)
    thread.join();
  const std::chrono::duration<double> took = Steady::now() - started;
  if (failures > 0) fail(std::to_string(failures) + " registrations failed");
  const int all = each * connections;
  return {all / took.count(), (cpu_seconds(pid) - cpu_before) / all};
}

// On one core, by its CPU time.
double verifications_per_second() {
  const auto key = PrivateKey::generate();
  const std::string message(400, 'x');
  const auto signature = key.sign(bytes_of(message));
  constexpr int count = 10'000;
  const std::clock_t started = std::clock();
  for (int done = 0; done < count; ++done) {
    if (!key.public_key().verifies(bytes_of(message), signature)) fail("a signature does not verify");
  }
  return count * static_cast<double>(CLOCKS_PER_SEC) / static_cast<double>(std::clock() - started);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) fail("usage: bench_registration DOMAIN PORT CA_FILE PEOPLE CONNECTIONS PID");
  const Target target{argv[1], std::atoi(argv[2]), argv[3]};
  const double verify = verifications_per_second();
  const auto measured = registrations(target, std::atoi(argv[4]), std::atoi(argv[5]), argv[6]);
  const Json result = {{"per_second", measured.per_second},
                       {"cpu_seconds", measured.cpu_seconds_each},
                       {"verification_seconds", 1 / verify}};
  std::cout << result.dump() << '\n';
}
