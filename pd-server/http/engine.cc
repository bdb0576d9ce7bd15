#include "http/engine.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "http/admission.h"
#include "http/connection.h"
#include "http/listener.h"
#include "http/worker.h"

namespace pd::http {

namespace asio = boost::asio;
using asio::ip::tcp;

// Destroyed from the bottom up: listeners, then workers with all that is suspended on them, then what those count on.
struct Engine::Impl {
  Impl(Limits limits, unsigned threads, ErrorBody error_body, Observer observer)
      : settings{limits, std::move(error_body), std::move(observer)}, admission(settings.limits) {
    const unsigned count = threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i)
      workers.push_back(std::make_unique<Worker>(settings.limits, settings.observer));
  }

  Worker& next_worker() { return *workers[next.fetch_add(1, std::memory_order_relaxed) % workers.size()]; }

  const Settings settings;
  Admission admission;
  std::vector<std::unique_ptr<Worker>> workers;
  std::atomic<std::size_t> next{0};

  enum class State { made, running, stopped };
  std::mutex mutex;
  State state = State::made;                         // guarded by mutex
  std::vector<std::shared_ptr<Listener>> listeners;  // guarded by mutex
};

Engine::Engine(Limits limits, unsigned threads, ErrorBody error_body, Observer observer)
    : impl_(std::make_unique<Impl>(limits, threads, std::move(error_body), std::move(observer))) {}

Engine::~Engine() {
  stop(std::chrono::milliseconds(0));
}

asio::io_context& Engine::context() {
  return impl_->next_worker().context();
}

tcp::endpoint Engine::listen(const tcp::endpoint& endpoint, std::shared_ptr<const Router> router, const TlsFiles* tls) {
  auto source = tls != nullptr ? std::make_unique<TlsSource>(*tls) : nullptr;
  Listener::Shared shared{impl_->settings, impl_->admission,
                          [impl = impl_.get()]() -> Worker& { return impl->next_worker(); }};
  const std::lock_guard lock(impl_->mutex);
  // Listeners share the first context: accepting is little work, and the workers take turns at the rest.
  auto listener = std::make_shared<Listener>(impl_->workers.front()->context(), endpoint, std::move(shared),
                                             std::move(router), std::move(source));
  impl_->listeners.push_back(listener);
  if (impl_->state == Impl::State::running) listener->start();
  return listener->local();
}

void Engine::reload_certificates() {
  const std::lock_guard lock(impl_->mutex);
  std::vector<std::pair<TlsSource*, TlsContext>> fresh;
  for (const auto& listener : impl_->listeners) {
    if (TlsSource* source = listener->tls()) fresh.emplace_back(source, source->read());
  }
  for (auto& [source, context] : fresh)
    source->use(std::move(context));
}

void Engine::start() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->state != Impl::State::made) return;
  impl_->state = Impl::State::running;
  for (const auto& worker : impl_->workers)
    worker->start();
  for (const auto& listener : impl_->listeners)
    listener->start();
}

void Engine::stop(std::chrono::milliseconds grace) {
  const std::lock_guard lock(impl_->mutex);
  const bool ran = impl_->state == Impl::State::running;
  impl_->state = Impl::State::stopped;
  if (ran) {
    for (const auto& listener : impl_->listeners)
      listener->stop();
    for (const auto& worker : impl_->workers)
      worker->drain();
    impl_->admission.wait_empty(grace);
  }
  for (const auto& worker : impl_->workers)
    worker->stop();
  impl_->listeners.clear();
}

std::size_t Engine::connections() const {
  return impl_->admission.count();
}

}  // namespace pd::http
