# Which files of the vault speak to a system, and which libraries they need: its adapters. The rest of src/vault is the
# core, the same on every platform, and never includes them. Ports and how a shell plugs in: docs/guides/vault-platforms.md.
#
#   LATCHKEY_PLATFORM     adapters
#   linux                 Secret Service, TPM 2.0, PKCS#11, kernel keyring, fprintd, PAM, logind, inotify
#   portable              none: passcode, recovery code and in-memory slots; what the adapters of the shell add
#
# A new platform: its name in the list below, its files and libraries beside those of linux. Windows DPAPI, Android Keystore and
# Apple Keychain have their slot numbers in docs/formats/vault-v1.md; their adapters come with the shells that can run them.

set(platforms linux portable)
string(TOLOWER "${CMAKE_SYSTEM_NAME}" this_system)
set(LATCHKEY_PLATFORM "${this_system}" CACHE STRING "Adapters of the vault: ${platforms}")
if(NOT LATCHKEY_PLATFORM IN_LIST platforms)
  list(JOIN platforms ", " known)
  message(FATAL_ERROR
    "The vault has no adapters for '${LATCHKEY_PLATFORM}' (there are: ${known}). A shell that brings its own key stores, presences and "
    "identity builds the core with -DLATCHKEY_PLATFORM=portable; see docs/guides/vault-platforms.md.")
endif()

# Paths below src/vault, as regular expressions.
set(vault_adapters_linux
  change_watch desktop_lock desktop_signals device_survey login_watch system_bus vault_file waiting
  pkcs11/ tpm2/
  key_stores/kernel_keyring_ key_stores/pkcs11_ key_stores/secret_service_ key_stores/tpm2_ record_stores/inotify_
  rollback_anchors/tpm2_ signing_keys/tpm2_ user_presences/fprint_ user_presences/pam_)
set(vault_libraries_linux PkgConfig::libsecret PkgConfig::libsystemd PkgConfig::tss2 PkgConfig::p11kit ${CMAKE_DL_LIBS})
set(vault_adapters_portable)
set(vault_libraries_portable)

# Every platform's adapters: none of them is in the core, whatever is built.
set(vault_adapters ${vault_adapters_linux})

# Of `list`: keeps the files of these adapters, or all but them.
function(filter_adapters list how adapters)
  set(kept ${${list}})
  list(JOIN adapters "|" any)
  if(any)
    list(FILTER kept ${how} REGEX "/src/vault/(${any})")
  elseif(how STREQUAL "INCLUDE")
    set(kept)
  endif()
  set(${list} ${kept} PARENT_SCOPE)
endfunction()

# The core would need every platform's headers if one of its files named an adapter.
function(check_core_includes)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/vault/*.h ${CMAKE_SOURCE_DIR}/src/vault/*.cpp)
  list(FILTER files EXCLUDE REGEX "_test\\.cpp$")
  filter_adapters(files EXCLUDE "${vault_adapters}")
  list(JOIN vault_adapters "|" any)
  foreach(file IN LISTS files)
    file(STRINGS ${file} found REGEX "^#include (\"vault/(${any})|<(libsecret|systemd|tss2|p11-kit|security|linux|sys/eventfd|sys/inotify))")
    if(found)
      message(FATAL_ERROR "${file} is of the vault's core and may not have: ${found}")
    endif()
  endforeach()
endfunction()
