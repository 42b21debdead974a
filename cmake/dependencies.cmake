# Third-party libraries, all from Debian, and which module may link them. `latchkey_<module>_libraries` is read by module.cmake.
# What each is for: docs/dependencies.md.

# The vault's core and what it stands on.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(GTest REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)

# Everything else.
if(NOT LATCHKEY_PLATFORM STREQUAL "portable")
  find_package(PostgreSQL REQUIRED)
  find_package(CURL REQUIRED)
  find_package(Boost 1.81 REQUIRED)
  find_package(CLI11 REQUIRED)
  pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
  pkg_check_modules(libarchive REQUIRED IMPORTED_TARGET libarchive)
  pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
endif()
if(LATCHKEY_PLATFORM STREQUAL "linux")
  pkg_check_modules(libsecret REQUIRED IMPORTED_TARGET libsecret-1)
  set_target_properties(PkgConfig::libsecret PROPERTIES INTERFACE_COMPILE_OPTIONS "")   # -pthread, which the precompiled header was made without
  pkg_check_modules(tss2 REQUIRED IMPORTED_TARGET tss2-esys tss2-mu tss2-tctildr)
  pkg_check_modules(libsystemd REQUIRED IMPORTED_TARGET libsystemd)
  pkg_check_modules(p11kit REQUIRED IMPORTED_TARGET p11-kit-1)
  set_target_properties(PkgConfig::p11kit PROPERTIES INTERFACE_LINK_LIBRARIES "")   # its header only: modules are loaded when asked for
endif()

set(latchkey_base_libraries tl::expected fmt::fmt Threads::Threads)
set(latchkey_crypto_libraries OpenSSL::Crypto PkgConfig::sodium)
set(latchkey_protocol_libraries PkgConfig::utf8proc ZLIB::ZLIB)
set(latchkey_patch_libraries PkgConfig::zstd)
set(latchkey_sqlite_libraries SQLite::SQLite3)
set(latchkey_sql_libraries PostgreSQL::PostgreSQL)
set(latchkey_http_client_libraries CURL::libcurl OpenSSL::SSL)
set(latchkey_http_server_libraries Boost::headers OpenSSL::SSL)
set(latchkey_vault_libraries ${vault_libraries_${LATCHKEY_PLATFORM}})
set(latchkey_identity_libraries PkgConfig::tomlplusplus)
set(latchkey_publish_libraries PkgConfig::libarchive)
