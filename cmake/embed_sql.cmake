# cmake -DOUTPUT=F.cc "-DFILES=A.sql;B.sql" -P embed_sql.cmake: the migrations, in order, as C++ string literals.
set(items "")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  # Compilers need only take literals of 64 KiB; a migration that long should be two.
  string(LENGTH "${text}" length)
  if(length GREATER 60000)
    message(FATAL_ERROR "${file} is too long to embed")
  endif()
  string(APPEND items "    R\"--sql--(${text})--sql--\",\n")
endforeach()
file(WRITE ${OUTPUT}
"// Made from schema/sql/sqlite/ by cmake/embed_sql.cmake.
#include \"store/sqlite/migrations.h\"

namespace pd::store::sqlite {
namespace {

constexpr std::string_view scripts[] = {
${items}};

}  // namespace

std::span<const std::string_view> migration_scripts() { return scripts; }

}  // namespace pd::store::sqlite
")
