#include "identity/encoding.h"
#include "kinds.h"
#include "stun/message.h"
#include "vector.h"

namespace pd::vectors {
namespace {

// {"bytes"} in hexadecimal → {"id","mapped"} or {"id","error"}: what a client reads in an answer
Result<Json> stun_answer(const Json& input) {
  const std::string bytes = unhex(input.at("bytes"));
  return stun::read_answer(identity::bytes_of(bytes)).map([](const stun::Answer& answer) {
    Json output = {{"id", identity::hex(answer.id)}};
    if (answer.error != 0)
      output["error"] = answer.error;
    else
      output["mapped"] = answer.mapped.text();
    return output;
  });
}

}  // namespace

std::span<const Kind> stun_answer_kinds() {
  static constexpr Kind kinds[] = {
      {"stun-answer", stun_answer},
  };
  return kinds;
}

}  // namespace pd::vectors
