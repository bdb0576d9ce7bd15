# The library for others: find_package(identity) gives identity::identity, pkg-config knows it as "identity".
# `cmake --install BUILD --component identity` installs this and nothing else.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/identity)

install(TARGETS identity EXPORT identity-targets COMPONENT identity)
install(DIRECTORY include/identity TYPE INCLUDE COMPONENT identity FILES_MATCHING PATTERN "*.h")
install(EXPORT identity-targets NAMESPACE identity:: DESTINATION ${package_dir} COMPONENT identity)

configure_package_config_file(identity-config.cmake.in identity-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(identity-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/identity-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/identity-config-version.cmake
  DESTINATION ${package_dir} COMPONENT identity)

# What a static library needs, its user must link; a shared one says so itself.
if(BUILD_SHARED_LIBS)
  set(identity_pc_requires_private "libcrypto libsodium")
else()
  set(identity_pc_requires "libcrypto libsodium")
endif()
# Relative to where the file lies, so that what is installed may be moved.
file(RELATIVE_PATH identity_pc_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(identity.pc.in identity.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/identity.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT identity)
