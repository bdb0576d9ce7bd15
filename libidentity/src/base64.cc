#include "base64.h"

#include <algorithm>

namespace pd::identity {

Result<Bytes> from_base64(std::string_view text) {
  std::string url(text.substr(0, text.find('=')));
  const std::size_t padding = text.size() - url.size();
  const bool padded_right = text.size() % 4 == 0 && padding <= 2 && text.ends_with(std::string(padding, '='));
  if (!padded_right || url.find_first_of("-_") != std::string::npos) {
    return fail(Reason::malformed, "SIG-5", "not base64 with padding");
  }
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  return from_base64url(url);
}

}  // namespace pd::identity
