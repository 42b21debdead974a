// A TPM 2.0 of its own: the real swtpm on loopback ports of the kernel's choice.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/support/vault/child_process.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/tpm2/tpm2_connection.h"

namespace latchkey::vault::testing {

class SoftwareTpm final {
 public:
  static bool is_installed() { return is_program("swtpm"); }

  SoftwareTpm() {
    ::setenv("TSS2_LOG", "all+NONE", 0);  // NOLINT(concurrency-mt-unsafe): it would print every refusal we provoke
    std::filesystem::create_directory(state());
    start();
  }
  ~SoftwareTpm() { static_cast<void>(shut_down()); }

  // An option of the TSS: where it is.
  const std::string& tcti() const { return tcti_; }

  // Orderly, as when the machine restarts. The TPM's memory stays.
  void restart() {
    EXPECT_TRUE(shut_down().has_value());
    start();
  }
  // Its memory is gone: another TPM, as far as anyone can tell.
  void replace() {
    swtpm_.stop();
    std::filesystem::remove_all(state());
    std::filesystem::create_directory(state());
    start();
  }
  void stop() { EXPECT_TRUE(shut_down().has_value()); }

  Status run(const std::function<TSS2_RC(ESYS_CONTEXT*)>& command) const {
    return tpm2::with_tpm(tcti_, {}, [&](tpm2::Connection& connection) -> Status {
      const TSS2_RC code = command(connection.esys());
      if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm2::to_error(code));
      return {};
    });
  }
  Status clear() const {
    return run([](ESYS_CONTEXT* esys) {
      return Esys_Clear(esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
    });
  }
  Status set_lockout(std::uint32_t max_tries) const {
    return run([&](ESYS_CONTEXT* esys) {
      return Esys_DictionaryAttackParameters(esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                             max_tries, 86'400, 86'400);
    });
  }
  Status reset_lockout() const {
    return run([](ESYS_CONTEXT* esys) {
      return Esys_DictionaryAttackLockReset(esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
    });
  }
  Status extend_pcr(unsigned pcr) const {
    return run([&](ESYS_CONTEXT* esys) {
      TPML_DIGEST_VALUES values{};
      values.count = 1;
      values.digests[0].hashAlg = TPM2_ALG_SHA256;
      values.digests[0].digest.sha256[0] = 1;
      return Esys_PCR_Extend(esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values);
    });
  }

 private:
  std::string state() const { return folder_.file("state").string(); }

  Status shut_down() {
    Status done = run([](ESYS_CONTEXT* esys) {
      return Esys_Shutdown(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR);
    });
    swtpm_.stop();
    return done;
  }

  // The TSS takes the control port to be the one after the server's. Holding that one open keeps other tests off both.
  void start() {
    for (int i = 0; i < 100; ++i) {
      std::uint16_t port = 0;
      const int server = listen_at(port);
      auto next = static_cast<std::uint16_t>(port + 1);
      const int control = next == 0 ? -1 : listen_at(next);
      ::close(server);
      if (control < 0) continue;
      tcti_ = "swtpm:host=127.0.0.1,port=" + std::to_string(port);
      swtpm_ = ChildProcess({"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state(), "--server",
                             "type=tcp,bindaddr=127.0.0.1,port=" + std::to_string(port), "--ctrl",
                             "type=tcp,fd=" + std::to_string(control), "--flags", "not-need-init,startup-clear"});
      ::close(control);
      if (answers()) return;
    }
    ADD_FAILURE() << "swtpm does not start";
  }

  bool answers() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (swtpm_.is_running() && std::chrono::steady_clock::now() < until) {
      const Status asked = run([](ESYS_CONTEXT* esys) {
        TPM2B_DIGEST* random = nullptr;
        const TSS2_RC code = Esys_GetRandom(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, 8, &random);
        Esys_Free(random);
        return code;
      });
      if (asked) return true;
      ::usleep(2000);  // between two looks
    }
    swtpm_.stop();
    return false;
  }

  static int listen_at(std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return -1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd, general, size) == 0 && ::listen(fd, 64) == 0 && ::getsockname(fd, general, &size) == 0) {
      port = ntohs(address.sin_port);
      return fd;
    }
    ::close(fd);
    return -1;
  }

  TemporaryFolder folder_;
  std::string tcti_;
  ChildProcess swtpm_;
};

}  // namespace latchkey::vault::testing
