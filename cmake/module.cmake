# One static library and one test program per line of src/LAYERS, made from the files that are there:
# `x.cpp` goes into the library, its neighbour `x_test.cpp` into the test program `<module>_tests`.

# Headers every file pulls in; compiled once per preset and shared.
add_library(latchkey_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
target_link_libraries(latchkey_pch PUBLIC latchkey_options tl::expected fmt::fmt)
target_precompile_headers(latchkey_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
add_executable(latchkey_test_pch ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)   # a program: programs compile with -fPIE, libraries with -fPIC
target_link_libraries(latchkey_test_pch PRIVATE latchkey_options tl::expected fmt::fmt GTest::gtest GTest::gtest_main)
target_precompile_headers(latchkey_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h <gtest/gtest.h>)
foreach(pch latchkey_pch latchkey_test_pch)
  target_compile_options(${pch} PRIVATE -Xclang -fno-pch-timestamp)
endforeach()
# UndefinedBehaviorSanitizer watches the modules; in the tests' own files it would only cost a fifth of their build.
set_target_properties(latchkey_test_pch PROPERTIES LATCHKEY_TEST ON)

# A forbidden include fails the build.
add_custom_target(layers ALL COMMAND ${CMAKE_SOURCE_DIR}/tests/scripts/check_layers ${CMAKE_SOURCE_DIR} VERBATIM)

# What several test programs share: the tests/support/*.cpp, in two parts by what they link. A program gets only objects that
# define what it misses, and those must then link: googletest itself may miss a template that an object happens to hold.
if(LATCHKEY_PLATFORM STREQUAL "portable")   # headers, and no server beside
  add_library(latchkey_test_support INTERFACE)
  target_include_directories(latchkey_test_support INTERFACE ${CMAKE_SOURCE_DIR})
  target_link_libraries(latchkey_test_support INTERFACE latchkey_base)
else()
  add_library(latchkey_test_support STATIC EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/support/postgres.cpp)
  target_include_directories(latchkey_test_support PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(latchkey_test_support PUBLIC latchkey_base PRIVATE PostgreSQL::PostgreSQL)
  add_library(latchkey_test_identity STATIC EXCLUDE_FROM_ALL
    ${CMAKE_SOURCE_DIR}/tests/support/browser.cpp ${CMAKE_SOURCE_DIR}/tests/support/identity_server.cpp)
  target_link_libraries(latchkey_test_identity PUBLIC latchkey_test_support latchkey_identity)

  # Real repositories and servers to ask for them; of `publish` two files only, for the whole would bring the vault.
  add_library(latchkey_test_update STATIC EXCLUDE_FROM_ALL
    ${CMAKE_SOURCE_DIR}/tests/support/update/crash_states.cpp ${CMAKE_SOURCE_DIR}/tests/tuf/repositories.cpp
    ${CMAKE_SOURCE_DIR}/tests/support/update/simulation/faulty_vfs.cpp
    ${CMAKE_SOURCE_DIR}/src/publish/bundle.cpp ${CMAKE_SOURCE_DIR}/src/publish/object_maker.cpp)
  target_link_libraries(latchkey_test_update PUBLIC latchkey_test_support latchkey_update latchkey_http_client
    latchkey_http_server GTest::gtest)
  foreach(shared latchkey_test_identity latchkey_test_update)
    target_precompile_headers(${shared} REUSE_FROM latchkey_pch)
    target_compile_options(${shared} PRIVATE -Xclang -fno-pch-timestamp)
  endforeach()
endif()

# A PKCS#11 module that the vault's tests load: what no real token does on demand.
if(LATCHKEY_PLATFORM STREQUAL "linux")
  add_library(scripted_pkcs11 MODULE EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/support/vault/scripted_pkcs11.cpp)
  target_include_directories(scripted_pkcs11 PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(scripted_pkcs11 PRIVATE latchkey_options PkgConfig::p11kit)
  set_target_properties(scripted_pkcs11 PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endif()

# Every module's test program, without the rest of the tree.
add_custom_target(module_tests)

# ThreadSanitizer finds nothing in a test that runs on one thread: leaves the files whose text names threads.
function(keep_concurrent list)
  set(kept)
  foreach(file IN LISTS ${list})
    file(STRINGS ${file} mentions REGEX "thread|stop_token|stop_source|async" LIMIT_COUNT 1)
    if(mentions)
      list(APPEND kept ${file})
    endif()
  endforeach()
  set(${list} ${kept} PARENT_SCOPE)
endfunction()

# Compiles about 32 files of a module as one: a quarter of the time. A file's name says which unit it is in, so that a new file
# disturbs one unit only. Names in anonymous namespaces are therefore unique within a module.
function(group_into_units sources)
  list(LENGTH sources files)
  set(units 1)
  while(files GREATER 32)
    math(EXPR units "${units} * 2")
    math(EXPR files "${files} / 2")
  endwhile()
  foreach(file IN LISTS sources)
    file(REAL_PATH ${file} path)
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${path})
    string(MD5 hash ${path})
    string(SUBSTRING ${hash} 0 4 hash)
    math(EXPR unit "0x${hash} % ${units}")
    set_source_files_properties(${file} PROPERTIES UNITY_GROUP unit${unit})
  endforeach()
endfunction()

function(compile_in_groups target sources)
  if(LATCHKEY_UNITY)
    group_into_units("${sources}")
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  endif()
endfunction()

function(compile_as_module target sources)
  target_precompile_headers(${target} REUSE_FROM latchkey_pch)
  target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)
  compile_in_groups(${target} "${sources}")
endfunction()

function(compile_as_tests target sources)
  target_precompile_headers(${target} REUSE_FROM latchkey_test_pch)
  target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)
  set_target_properties(${target} PROPERTIES LATCHKEY_TEST ON)
  compile_in_groups(${target} "${sources}")
endfunction()

# What of the vault is the same on every platform (platforms.cmake): a library of its own, linked without the adapters' libraries.
function(add_vault_core sources allowed)
  filter_adapters(sources EXCLUDE "${vault_adapters}")
  add_library(latchkey_vault_core STATIC ${sources})
  compile_as_module(latchkey_vault_core "${sources}")
  target_link_libraries(latchkey_vault_core PUBLIC latchkey_options)
  foreach(dependency IN LISTS allowed)
    target_link_libraries(latchkey_vault_core PUBLIC latchkey_${dependency})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY LATCHKEY_MODULES latchkey_vault_core)
endfunction()

function(add_module folder allowed all_folders)
  string(REPLACE "/" "_" name ${folder})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  foreach(other IN LISTS all_folders)   # a nested module owns its own files
    if(other MATCHES "^${folder}/")
      list(FILTER sources EXCLUDE REGEX "/src/${other}/")
    endif()
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  if(LATCHKEY_SANITIZE STREQUAL "thread")
    keep_concurrent(tests)
  endif()
  if(name STREQUAL "vault")
    add_vault_core("${sources}" "${allowed}")
    filter_adapters(sources INCLUDE "${vault_adapters_${LATCHKEY_PLATFORM}}")
    list(APPEND allowed vault/core)
    if(LATCHKEY_PLATFORM STREQUAL "portable")
      set(tests)   # they are of all the slots that Linux has
    endif()
  endif()

  if(sources)
    add_library(latchkey_${name} STATIC ${sources})
    set(scope PUBLIC)
    compile_as_module(latchkey_${name} "${sources}")
    if(name STREQUAL "patch" AND CMAKE_BUILD_TYPE STREQUAL "Debug")
      target_compile_options(latchkey_patch PRIVATE -O1)   # its tests compute for a minute without
      set_target_properties(latchkey_patch PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
    endif()
  else()
    add_library(latchkey_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(latchkey_${name} ${scope} latchkey_options ${latchkey_${name}_libraries})
  foreach(dependency IN LISTS allowed)
    string(REPLACE "/" "_" dependency ${dependency})
    target_link_libraries(latchkey_${name} ${scope} latchkey_${dependency})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY LATCHKEY_MODULES latchkey_${name})

  if(tests AND NOT LATCHKEY_FUZZ)
    add_executable(${name}_tests ${tests})
    compile_as_tests(${name}_tests "${tests}")
    target_include_directories(${name}_tests PRIVATE ${CMAKE_SOURCE_DIR})   # tests/support/*
    set(support latchkey_test_support)
    if(name STREQUAL "identity")
      set(support latchkey_test_identity)
    endif()
    if(name MATCHES "^update")
      set(support latchkey_test_update)
    endif()
    target_link_libraries(${name}_tests PRIVATE latchkey_${name} ${support} GTest::gtest GTest::gtest_main)
    if(name STREQUAL "vault")
      add_dependencies(vault_tests scripted_pkcs11)
    endif()
    add_dependencies(module_tests ${name}_tests)
    add_test(NAME ${name}_tests COMMAND ${name}_tests)
  endif()
endfunction()

function(add_modules_from_layers file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(STRINGS ${file} lines REGEX "^[a-z/]+:")
  set(all_folders)
  foreach(line IN LISTS lines)
    string(REGEX REPLACE ":.*" "" folder "${line}")
    list(APPEND all_folders ${folder})
  endforeach()
  if(LATCHKEY_PLATFORM STREQUAL "portable")   # what the vault's core is made of
    list(FILTER lines INCLUDE REGEX "^(base|crypto|protocol|sqlite|vault):")
  endif()
  foreach(line IN LISTS lines)
    string(REGEX REPLACE ":.*" "" folder "${line}")
    string(REGEX REPLACE "^[^:]*:" "" allowed "${line}")
    string(STRIP "${allowed}" allowed)
    string(REGEX REPLACE " +" ";" allowed "${allowed}")
    if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/src/${folder})
      add_module(${folder} "${allowed}" "${all_folders}")
    else()
      string(REPLACE "/" "_" name ${folder})
      add_library(latchkey_${name} INTERFACE)
    endif()
  endforeach()
endfunction()
