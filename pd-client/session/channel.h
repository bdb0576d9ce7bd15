#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "connect/deadline.h"
#include "connect/link.h"
#include "directory/failure.h"
#include "session/allowance.h"
#include "session/feature.h"
#include "session/history.h"
#include "session/session.h"
#include "session/wake.h"

namespace pd::session {

class Channel;

// Who is told what happens on channels. Called on the thread of the io_context.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void opened(const Channel& channel) = 0;
  // A new message, stored and not yet acknowledged.
  virtual void received(const Channel& channel, const Message& message) = 0;
  // The other side has stored these of our messages.
  virtual void delivered(const Channel& channel, const std::vector<std::string>& ids) = 0;
  // Only after opened().
  virtual void closed(const Channel& channel, const Ended& how) = 0;
};

// One session over one link: reads, stores, acknowledges, and sends what waits in the history for this peer. One
// thread.
class Channel : public std::enable_shared_from_this<Channel> {
 public:
  // What all channels of a process share; it outlives them.
  struct Shared {
    History& history;
    Observer& observer;
    directory::Clock clock;
    Allowance* allowance = nullptr;       // none: everything is kept
    std::vector<Feature*> features = {};  // what its sessions can do beside messages
    bool chats = true;                    // messages go over them

    std::vector<FeatureTypes> types() const { return types_of(features, chats); }
  };

  Channel(const boost::asio::any_io_executor& executor, std::unique_ptr<connect::Link> link, Session session,
          const Shared& shared);

  const directory::VerifiedPeer& peer() const { return link_->peer(); }
  const identity::Address& address() const { return link_->peer().address(); }
  const identity::PublicKey& device() const { return link_->device(); }
  std::string where() const { return link_->where(); }
  std::optional<connect::Path> path() const { return link_->path(); }
  bool open() const { return session_.open(); }
  bool was_open() const { return opened_; }
  bool dials() const { return session_.dials(); }
  // Both sides have named that feature.
  bool has(std::string_view feature) const { return session_.has(feature); }
  const boost::asio::any_io_executor& executor() const { return executor_; }

  // Runs the session to its end; calls `on_open` when it has opened. Call it once.
  boost::asio::awaitable<Ended> run(std::function<void()> on_open = {});

  // Sends what waits in the history, as far as the window allows; the rest follows by itself. Nothing after retire().
  void pump();
  // Another channel of this peer sends what waits from now on, until resume().
  void retire() { retired_ = true; }
  void resume();
  // The link may be gone: asks, and ends it soon when nothing comes back (SESS-25).
  void probe();
  // Says bye, and ends the link when the other side has too, or after two seconds (SESS-21).
  void leave(Farewell farewell);

  // For extensions, while the session is open: whether more output may be made now, so that messages never wait behind
  // more than that. After a no, Extension::supply() is called when there is room again.
  bool room() const { return session_.open() && unwritten() < enough_output; }
  // Frames of the extension's types, as encode() makes them.
  void send(std::string frames);
  // Something has come about on which supply() can go on.
  void resupply() { pump(); }
  // The other side has broken a rule of the feature; or we cannot go on.
  void reject(const identity::Error& error);
  void give_up(const directory::Failure& failure);

 private:
  // Messages and other output are made as long as less than this waits.
  static constexpr std::size_t enough_output = 256 * 1024;

  boost::asio::awaitable<void> read_all();
  boost::asio::awaitable<void> write_all();
  boost::asio::awaitable<void> keep_time();
  std::chrono::milliseconds pause() const;
  void handle_events();
  void handle(const Event& event);
  void store_received(std::vector<Message>& batch);
  void start_extensions();
  void extend(Extended frame);
  void close_extensions();
  void refuse_more();
  void send_messages();
  void linger(std::chrono::milliseconds time);  // then the link is closed, whatever is still under way

  std::size_t unwritten() const { return output_.size() + session_.output_size(); }

  boost::asio::any_io_executor executor_;
  std::unique_ptr<connect::Link> link_;
  Session session_;
  Shared shared_;
  std::string output_;             // on its way to the link
  std::int64_t sent_through_ = 0;  // seq in the history up to which everything was sent in this session
  bool retired_ = false;
  bool opened_ = false;
  bool writing_over_ = false;
  Ended how_{Ending::lost, {}, {}};
  std::vector<std::pair<FeatureTypes, std::shared_ptr<Extension>>> extensions_;
  std::function<void()> on_open_;
  Wake written_;  // there is more to write
  Wake drained_;  // it was written
  Wake ticked_;   // next_tick() may have changed
  std::unique_ptr<connect::Deadline> linger_;
};

}  // namespace pd::session
