#include "files/accepted.h"

#include <array>
#include <string_view>
#include <utility>

namespace pd::embedded {
extern const std::string_view files_0001_init;
}  // namespace pd::embedded

namespace pd::files {

namespace {

const std::array accepted_migrations = {embedded::files_0001_init};
constexpr identity::Seconds life{7 * 24 * 3600};

}  // namespace

Accepted::Accepted(const std::filesystem::path& file, directory::Clock clock)
    : database_(file, accepted_migrations), clock_(std::move(clock)) {}

void Accepted::remember(const std::string& key, const identity::Address& sender, const std::filesystem::path& folder) {
  database_.prepare("DELETE FROM accepted WHERE used < ?").bind(clock_() - life).step();
  database_.prepare("INSERT OR REPLACE INTO accepted (key, sender, folder, used) VALUES (?, ?, ?, ?)")
      .bind(key)
      .bind(sender.text())
      .bind(folder.string())
      .bind(clock_())
      .step();
}

std::optional<std::filesystem::path> Accepted::take_up(const std::string& key) {
  auto found = database_.prepare("UPDATE accepted SET used = ? WHERE key = ? AND used >= ? RETURNING folder");
  found.bind(clock_()).bind(key).bind(clock_() - life);
  if (!found.step()) {
    return {};
  }
  auto folder = found.text(0);
  while (found.step()) {
  }
  return folder;
}

bool Accepted::expects(const identity::Address& sender) {
  return database_.prepare("SELECT 1 FROM accepted WHERE sender = ? AND used >= ?")
      .bind(sender.text())
      .bind(clock_() - life)
      .step();
}

bool Accepted::expects_any() {
  return database_.prepare("SELECT 1 FROM accepted WHERE used >= ?").bind(clock_() - life).step();
}

void Accepted::forget(const std::string& key) {
  database_.prepare("DELETE FROM accepted WHERE key = ?").bind(key).step();
}

}  // namespace pd::files
