#include "command/report.h"

#include <iostream>

namespace pd::command {

int report(const directory::Failure& failure) {
  std::cout.flush();
  std::cerr << "pdctl: " << failure.what() << '\n';
  if (!failure.hint().empty()) std::cerr << "hint: " << failure.hint() << '\n';
  return static_cast<int>(failure.kind());
}

int report(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const directory::Failure& known) {
    return report(known);
  } catch (const std::exception& error) {
    return report(directory::Failure(directory::Kind::failed, error.what()));
  }
}

}  // namespace pd::command
