#include "rig.h"

#include <algorithm>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pd::http::test {

namespace asio = boost::asio;
using asio::awaitable;

constexpr std::chrono::seconds patience{10};

awaitable<void> Gate::pass() {
  auto timer =
      std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  {
    const std::lock_guard lock(mutex_);
    if (open_) co_return;
    waiters_.push_back(timer);
    changed_.notify_all();
  }
  boost::system::error_code ignored;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  // The timer belongs to its own thread, which has let go of it by the time this runs there.
  for (auto& waiter : waiters_) {
    if (auto timer = waiter.lock()) asio::post(timer->get_executor(), [timer] { timer->cancel(); });
  }
  waiters_.clear();
}

void Gate::wait_for_waiters(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return waiters_.size() >= count; }))
    throw std::runtime_error("nobody at the gate");
}

class Feed::Tap final : public Source {
 public:
  explicit Tap(Feed& feed) : feed_(feed) {}
  ~Tap() override {
    if (!begun_) return;
    const std::lock_guard lock(feed_.mutex_);
    feed_.wake_ = nullptr;
    ++feed_.over_;
    feed_.changed_.notify_all();
  }

  void begin(std::function<void()> wake) override {
    const std::lock_guard lock(feed_.mutex_);
    begun_ = true;
    feed_.wake_ = std::move(wake);
    ++feed_.begun_;
    feed_.changed_.notify_all();
  }
  Piece next() override {
    const std::lock_guard lock(feed_.mutex_);
    if (feed_.pieces_.empty()) return {};
    Piece piece = std::move(feed_.pieces_.front());
    feed_.pieces_.pop_front();
    return piece;
  }
  std::string_view heartbeat() const override { return "beat"; }

 private:
  Feed& feed_;
  bool begun_ = false;
};

std::shared_ptr<Source> Feed::source() {
  return std::make_shared<Tap>(*this);
}

void Feed::send(std::string bytes, bool last) {
  const std::lock_guard lock(mutex_);
  pieces_.push_back({std::move(bytes), last});
  if (wake_) wake_();
}

void Feed::wait(const std::function<bool()>& true_under_lock) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, true_under_lock)) throw std::runtime_error("no stream did that");
}

void Feed::wait_begun(std::size_t times) {
  wait([&] { return begun_ >= times; });
}

void Feed::wait_over(std::size_t times) {
  wait([&] { return over_ >= times; });
}

std::size_t Feed::begun() const {
  const std::lock_guard lock(mutex_);
  return begun_;
}

Observer Witness::observer() {
  Observer observer;
  observer.refused = [this](std::string_view what) {
    const std::lock_guard lock(mutex_);
    refused_.emplace_back(what);
    changed_.notify_all();
  };
  observer.answered = [this](const Request& request, const Response& response, std::chrono::nanoseconds time) {
    const std::lock_guard lock(mutex_);
    if (time.count() <= 0) throw std::logic_error("no time at all");
    answered_.push_back(request.method + ' ' + request.target + ' ' + std::to_string(response.status));
    changed_.notify_all();
  };
  observer.failed = [this](const Request&, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      failed_.emplace_back(e.what());
    }
    changed_.notify_all();
  };
  return observer;
}

void Witness::wait(const std::function<bool()>& true_under_lock) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, true_under_lock)) throw std::runtime_error("the engine did not tell it");
}

void Witness::wait_refused(const std::string& what, std::size_t times) {
  wait([&] { return static_cast<std::size_t>(std::ranges::count(refused_, what)) >= times; });
}

void Witness::wait_answered(std::size_t times) {
  wait([&] { return answered_.size() >= times; });
}

void Witness::wait_failed(std::size_t times) {
  wait([&] { return failed_.size() >= times; });
}

std::size_t Witness::refused(const std::string& what) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(refused_, what));
}

std::vector<std::string> Witness::answered() const {
  const std::lock_guard lock(mutex_);
  return answered_;
}

std::vector<std::string> Witness::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

Rig::Rig(Limits limits, unsigned threads)
    : engine(
          limits, threads,
          [](unsigned status) { return Response::of(status, "text/plain", "refused " + std::to_string(status)); },
          witness.observer()) {}

std::shared_ptr<const Router> Rig::router() {
  const auto text = [](std::string body) { return Response::of(200, "text/plain", std::move(body)); };
  const auto huge = std::make_shared<const std::string>(large, 'x');
  std::vector<Route> routes{
      {"GET", "/hello", [=](const Request&, const Captures&) -> awaitable<Response> { co_return text("hello"); }},
      {"POST", "/echo",
       [=](const Request& request, const Captures&) -> awaitable<Response> { co_return text(request.body); }},
      {"GET", "/echo/{a}/{b}",
       [=](const Request&, const Captures& captures) -> awaitable<Response> {
         co_return text(captures[0] + '|' + captures[1]);
       }},
      {"GET", "/peer",
       [=](const Request& request, const Captures&) -> awaitable<Response> {
         co_return text(request.peer.to_string());
       }},
      {"GET", "/host",
       [=](const Request& request, const Captures&) -> awaitable<Response> {
         co_return text(std::string(request.header("host")) + ' ' + request.target);
       }},
      {"GET", "/throw",
       [](const Request&, const Captures&) -> awaitable<Response> {
         throw std::runtime_error("SELECT secret FROM somewhere");
         co_return Response{};
       }},
      {"GET", "/large",
       [huge](const Request&, const Captures&) -> awaitable<Response> {
         co_return Response{200, {}, huge};
       }},
      {"GET", "/gate",
       [this, text](const Request&, const Captures&) -> awaitable<Response> {
         co_await gate.pass();
         co_return text("through");
       }},
      {"GET", "/split",
       [](const Request&, const Captures&) -> awaitable<Response> {
         co_return Response{200, {{"X-Evil", "a\r\nSet-Cookie: b"}}, nullptr};
       }},
      {"GET", "/stream",
       [this](const Request&, const Captures&) -> awaitable<Response> {
         co_return Response{200, {{"Content-Type", "text/event-stream"}}, nullptr, feed.source()};
       }},
      {"GET", "/empty",
       [](const Request&, const Captures&) -> awaitable<Response> {
         co_return Response{204, {}, nullptr};
       }},
  };
  const Handler none = [=](const Request&, const Captures&) -> awaitable<Response> {
    co_return Response{404, {}, nullptr};
  };
  const Handler wrong = [=](const Request&, const Captures&) -> awaitable<Response> {
    co_return Response{405, {}, nullptr};
  };
  return std::make_shared<const Router>(std::move(routes), none, wrong);
}

std::uint16_t Rig::listen(const TlsFiles* files) {
  const auto local = engine.listen({asio::ip::make_address("127.0.0.1"), 0}, router(), files);
  engine.start();
  return local.port();
}

std::uint16_t Rig::plain() {
  return listen(nullptr);
}

std::uint16_t Rig::tls(const CertificateFiles& files) {
  const TlsFiles names = files.files();
  return listen(&names);
}

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: example.org\r\n\r\n";
}

}  // namespace pd::http::test
