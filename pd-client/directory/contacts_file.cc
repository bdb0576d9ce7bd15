#include "directory/contacts_file.h"

#include <array>
#include <string_view>

namespace pd::embedded {
extern const std::string_view client_0001_init;
extern const std::string_view client_0002_contacts;
}  // namespace pd::embedded

namespace pd::directory {

Database open_contacts_file(const std::filesystem::path& file) {
  const std::array migrations{embedded::client_0001_init, embedded::client_0002_contacts};
  return Database(file, migrations);
}

}  // namespace pd::directory
