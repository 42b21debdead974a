# Language level, warnings, sanitizers and hardening. One INTERFACE target, `latchkey_options`, that everything links.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles some co_await operands: aggregate temporaries and lambdas capturing by "
    "value are destroyed twice, and ?: with co_await reads freed memory. Use clang-19 (the presets do: "
    "cmake --preset dev) or GCC 13 and newer.")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(LATCHKEY_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(LATCHKEY_FUZZ "Build the libFuzzer targets" OFF)
option(LATCHKEY_UNITY "Compile the modules' files in groups" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

set(CMAKE_CXX_FLAGS_DEBUG "-O0 -gline-tables-only")   # -O1 doubles the time to compile and saves little of the tests
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

add_library(latchkey_options INTERFACE)
target_include_directories(latchkey_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(latchkey_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wimplicit-fallthrough -Wextra-semi -Werror
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>   # in a group, a file's names meet its neighbours'
  -fstack-protector-strong -ftrivial-auto-var-init=zero -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_link_options(latchkey_options INTERFACE -fuse-ld=lld-19)

if(LATCHKEY_SANITIZE)
  target_compile_options(latchkey_options INTERFACE -fsanitize=${LATCHKEY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(latchkey_options INTERFACE $<$<BOOL:$<TARGET_PROPERTY:LATCHKEY_TEST>>:-fno-sanitize=undefined>)
  target_link_options(latchkey_options INTERFACE -fsanitize=${LATCHKEY_SANITIZE})
else()
  target_compile_options(latchkey_options INTERFACE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-clash-protection
    -fcf-protection=full)
  target_compile_options(latchkey_options INTERFACE $<$<BOOL:$<TARGET_PROPERTY:LATCHKEY_TEST>>:-O1>)   # the tests' own files need not be fast
  target_link_options(latchkey_options INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie> -Wl,-z,relro,-z,now)
endif()
if(LATCHKEY_FUZZ)
  target_compile_options(latchkey_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
