#pragma once

#include <filesystem>

#include "directory/database.h"

namespace pd::directory {

// Opens contacts.db: makes the file or brings its schema up to date. Refuses one written by a newer pdctl. Throws
// Failure.
Database open_contacts_file(const std::filesystem::path& file);

}  // namespace pd::directory
