#include "files/frame.h"
#include "kinds.h"

namespace pd::vectors {
namespace {

using namespace pd::files;  // NOLINT: a test, and all of it is about that namespace

// The payload of a frame as it would be sent again.
Json payload_of(const FileFrame& frame) {
  return Json::parse(encode(frame).substr(session::frame_head_bytes));
}

// {"frames":[{"type","payload"},…]} → {"frames":[…]}: what a reader understands of the payloads, as it would write them
// itself. The offers among them make up one list; without "more" it is whole.
Result<Json> read_files(const Json& input) {
  Json frames = Json::array();
  EntryList list;
  for (const auto& item : input.at("frames")) {
    const auto frame = read_frame(item.at("type").get<std::uint8_t>(), item.at("payload").get<std::string>());
    if (!frame) return tl::unexpected(frame.error());
    if (const auto* offer = std::get_if<OfferPart>(&*frame)) {
      if (const auto fine = list.add(offer->entries); !fine) return tl::unexpected(fine.error());
      if (!offer->more)
        if (const auto whole = std::move(list).finish(); !whole) return tl::unexpected(whole.error());
    }
    frames.push_back(payload_of(*frame));
  }
  return Json{{"frames", frames}};
}

}  // namespace

std::span<const Kind> file_kinds() {
  static constexpr Kind kinds[] = {
      {"files", read_files},
  };
  return kinds;
}

}  // namespace pd::vectors
