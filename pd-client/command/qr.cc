#include "command/qr.h"

#include <qrencode.h>

#include <memory>

#include "directory/failure.h"

namespace pd::command {
namespace {

constexpr int quiet_zone = 4;  // modules, ISO/IEC 18004

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};
using Code = std::unique_ptr<QRcode, FreeCode>;

bool dark(const QRcode& code, int x, int y) {
  if (x < 0 || y < 0 || x >= code.width || y >= code.width) return false;
  return (code.data[y * code.width + x] & 1) != 0;
}

}  // namespace

std::string qr_code(std::string_view text) {
  const std::string copy(text);
  const Code code(QRcode_encodeString(copy.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1));
  if (!code) throw directory::Failure(directory::Kind::failed, "cannot draw a QR code");
  std::string drawn;
  for (int y = -quiet_zone; y < code->width + quiet_zone; y += 2) {
    drawn += "\x1b[30;107m";  // black on bright white; a character shows two modules, one above the other
    for (int x = -quiet_zone; x < code->width + quiet_zone; ++x) {
      const bool upper = dark(*code, x, y);
      const bool lower = dark(*code, x, y + 1);
      drawn += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    drawn += "\x1b[0m\n";
  }
  return drawn;
}

}  // namespace pd::command
