#include "world.h"

namespace pd::directory::test {

namespace sample = identity::sample;

FakeDomain::FakeDomain(const Authority& authority, const std::string& name, std::string_view key_name)
    : key_(sample::key(key_name)),
      keys_(identity::DomainKeys::create(sample::domain(name), key_, sample::at(0))),
      server_(authority, name, [this](Connection& connection) { answer(connection); }) {
  serve_descriptor();
}

identity::Json FakeDomain::descriptor(std::uint64_t seq, identity::Time issued) const {
  const identity::DescriptorBody body{domain(),
                                      seq,
                                      issued,
                                      issued + identity::max_descriptor_life,
                                      "https://" + domain().text(),
                                      identity::RegistrationMode::open};
  return identity::Descriptor::sign(body, keys_, key_).json();
}

std::string FakeDomain::statement(const identity::History& history, identity::Time issued) const {
  const identity::Head head{history.head().hash(), history.head().body().seq, history.operations().size()};
  return identity::Statement::sign({history.address(), head, issued, issued + identity::max_statement_life}, key_)
      .text();
}

identity::Resolution FakeDomain::resolution(const identity::History& history) const {
  identity::Resolution answer{{}, statement(history), descriptor(), false};
  for (const auto& operation : history.operations())
    answer.operations.push_back(operation.text());
  return answer;
}

identity::Resolution FakeDomain::absence(const identity::Address& address, bool removed) const {
  const auto issued = sample::at(0);
  return {{},
          identity::Statement::sign({address, {}, issued, issued + identity::max_statement_life, removed}, key_).text(),
          descriptor(),
          false};
}

void FakeDomain::rotate(std::string_view key_name) {
  auto next = sample::key(key_name);
  must(keys_.rotate(key_, next.public_key(), sample::at(0)));
  key_ = std::move(next);
  serve_descriptor();
}

void FakeDomain::serve(const identity::Address& address, const identity::Resolution& resolution) {
  serve("/v1/identities/" + address.text(), resolution.operations.empty() ? 404 : 200, resolution.json());
}

void FakeDomain::serve(const std::string& path, int status, const std::string& body, const std::string& type) {
  const std::lock_guard lock(mutex_);
  pages_[path] = http_answer(status, body, type);
}

void FakeDomain::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  pages_.erase(path);
}

void FakeDomain::answer(Connection& connection) {
  const auto request = connection.request();
  const auto start = request.find(' ') + 1;
  const auto path = request.substr(start, request.find(' ', start) - start);
  const std::lock_guard lock(mutex_);
  const auto page = pages_.find(path);
  connection.send(page == pages_.end() ? http_answer(404, "nothing here", "text/plain") : page->second);
}

namespace {

TransportOptions options(const Authority& authority, std::initializer_list<const FakeDomain*> domains,
                         const std::map<std::string, std::uint16_t>& services) {
  TransportOptions options;
  options.ca_file = authority.ca_file();
  for (const auto* domain : domains)
    options.overrides.push_back({domain->domain().text(), 443, "127.0.0.1", domain->port()});
  options.services = [&services](const std::string& domain) -> std::vector<ServiceTarget> {
    const auto found = services.find(domain);
    if (found == services.end()) return {};
    return {{"127.0.0.1", found->second}};
  };
  return options;
}

}  // namespace

Asker::Asker(const Authority& authority, std::initializer_list<const FakeDomain*> domains)
    : now_(std::make_shared<identity::Time>(sample::at(10))),
      pins_(folder_.path() / "contacts.db"),
      transport_(options(authority, domains, services_)) {}

void Asker::set_service(const std::string& domain, std::optional<std::uint16_t> port) {
  services_.erase(domain);
  if (port) services_[domain] = *port;
}

Lookup Asker::lookup(std::optional<identity::Domain> own) {
  return Lookup(transport_, pins_, std::move(own), [now = now_] { return *now; });
}

}  // namespace pd::directory::test
