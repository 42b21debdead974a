// Tokens in software: the real SoftHSM 2, with a folder of its own for this program.
#pragma once

#include <cstdlib>
#include <fstream>

#include "tests/support/vault/child_process.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault::testing {

class SoftHsm final {
 public:
  static constexpr const char* module = "/usr/lib/softhsm/libsofthsm2.so";
  static constexpr const char* token = "latchkey test token";
  static constexpr const char* pin = "correct horse";

  static bool is_installed() { return is_program("softhsm2-util") && ::access(module, R_OK) == 0; }

  // The module reads its configuration once a process, so all tests of a program share it.
  static const SoftHsm& instance() {
    static const SoftHsm only;
    return only;
  }

 private:
  SoftHsm() {
    const std::string configuration = folder_.file("softhsm2.conf").string();
    std::filesystem::create_directory(folder_.file("tokens"));
    std::ofstream(configuration) << "directories.tokendir = " << folder_.file("tokens").string()
                                 << "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n";
    ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before the module is loaded
    const std::string command = std::string("softhsm2-util --init-token --free --label '") + token + "' --so-pin '" +
                                pin + "' --pin '" + pin + "' > /dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c): fixed text
  }

  TemporaryFolder folder_;
};

}  // namespace latchkey::vault::testing
