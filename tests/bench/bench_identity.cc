// What the parts of libidentity cost, alone: a lookup that is not cached and a registration are sums of these.
#include <benchmark/benchmark.h>

#include "identity/certificate.h"
#include "identity/history.h"
#include "identity/http_signature.h"
#include "identity/jws.h"
#include "identity/operation.h"
#include "identity/sample.h"

namespace pd::identity {
namespace {

const Time now = sample::at(0);

void sign(benchmark::State& state) {
  const auto key = sample::key("identity");
  const Bytes message(1'000, 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(key.sign(message));
}
BENCHMARK(sign);

void verify(benchmark::State& state) {
  const auto key = sample::key("identity");
  const Bytes message(1'000, 1);
  const Signature signature = key.sign(message);
  for (auto _ : state)
    benchmark::DoNotOptimize(key.public_key().verifies(message, signature));
}
BENCHMARK(verify);

void read_public_key(benchmark::State& state) {
  const Json jwk = sample::key("identity").public_key().jwk();
  for (auto _ : state)
    benchmark::DoNotOptimize(PublicKey::from_jwk(jwk));
}
BENCHMARK(read_public_key);

void parse_jws(benchmark::State& state) {
  const std::string text = sample::create().text();
  for (auto _ : state)
    benchmark::DoNotOptimize(Jws::parse(text, operation_typ, max_operation_bytes));
}
BENCHMARK(parse_jws);

void parse_operation(benchmark::State& state) {
  const std::string text = sample::create().text();
  for (auto _ : state)
    benchmark::DoNotOptimize(Operation::parse(text));
}
BENCHMARK(parse_operation);

void start_history(benchmark::State& state) {
  const auto create = sample::create();
  for (auto _ : state)
    benchmark::DoNotOptimize(History::start(create));
}
BENCHMARK(start_history);

HttpRequest unsigned_request() {
  return {"PUT", "https://example.org/v1/identities/olivier@example.org", sample::create().text(), {}};
}

SignatureParameters parameters(const PrivateKey& key) {
  return {key.public_key().id(), now, base64url(Bytes(16)), std::string(tag_user)};
}

HttpRequest signed_request(const PrivateKey& key) {
  HttpRequest request = unsigned_request();
  for (auto& header : sign_request(request, key, parameters(key)))
    request.headers.push_back(std::move(header));
  return request;
}

void sign_a_request(benchmark::State& state) {
  const auto key = sample::key("identity");
  const HttpRequest request = unsigned_request();
  const SignatureParameters with = parameters(key);
  for (auto _ : state)
    benchmark::DoNotOptimize(sign_request(request, key, with));
}
BENCHMARK(sign_a_request);

void parse_request_signature(benchmark::State& state) {
  const HttpRequest request = signed_request(sample::key("identity"));
  for (auto _ : state)
    benchmark::DoNotOptimize(RequestSignature::parse(request));
}
BENCHMARK(parse_request_signature);

void verify_request_signature(benchmark::State& state) {
  const auto key = sample::key("identity");
  const HttpRequest request = signed_request(key);
  for (auto _ : state) {
    const auto signature = RequestSignature::parse(request);
    benchmark::DoNotOptimize(signature->verify(key.public_key(), tag_user, now));
  }
}
BENCHMARK(verify_request_signature);

// All that a registration asks of this library.
void registration(benchmark::State& state) {
  const auto key = sample::key("identity");
  const HttpRequest request = signed_request(key);
  for (auto _ : state) {
    const auto signature = RequestSignature::parse(request);
    const auto create = Operation::parse(request.body);
    benchmark::DoNotOptimize(signature->verify(create->body().state.identity_key, tag_user, now));
    benchmark::DoNotOptimize(History::start(*create));
  }
}
BENCHMARK(registration);

void read_certificate(benchmark::State& state) {
  // The base64 of a PEM file is the DER that a peer sends.
  std::string pem = device_certificate(sample::key("laptop"), sample::address("olivier@example.org"), now);
  std::string body;
  for (char c : pem.substr(27, pem.find("\n-----END") - 27)) {
    if (c != '\n' && c != '=') body += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  const Bytes der = *from_base64url(body);
  for (auto _ : state)
    benchmark::DoNotOptimize(read_peer_certificate(der));
}
BENCHMARK(read_certificate);

}  // namespace
}  // namespace pd::identity
