// Row 67 of the security catalogue: the disk is full at the token endpoint. Nobody is signed out, nothing is
// acknowledged, and the server goes on by itself when there is room.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/serving/serving.h"

namespace latchkey::tests {
namespace {

namespace fs = std::filesystem;

// The file system of the server's data is its own, and small.
bool mount_small_disk(const fs::path& folder) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::error_code error;
  fs::create_directories(folder, error);
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=8m,mode=0700") == 0;
}

bool may_mount(const fs::path& folder) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(mount_small_disk(folder) ? 0 : 1);
  return wait_for_exit(child) == 0;
}

class FullDiskOfAServer : public ServingTest {
 protected:
  // Refreshes until the server says that it cannot; its answer then.
  TokenReply refresh_until_refused(std::string& token) {
    TokenReply reply;
    for (int i = 0; i < most_refreshes_; ++i) {
      reply = refresh(*http_, token);
      if (reply.status != 200) return reply;
      token = reply.refresh_token;
    }
    return reply;
  }
  static std::uint32_t generation_of(const std::string& token) {
    return identity::parse_refresh_token(token)->token.generation;
  }
  int status_of(std::string_view route) { return browser_.get(route).status; }

  // Another browser, with the right password.
  Page sign_in() {
    Browser browser(*http_, options_.issuer());
    auto fields = browser.get(protocol::routes::sign_in).form(protocol::routes::sign_in);
    fields["login_name"] = ada;
    fields["password"] = ada_password;
    return browser.post(protocol::routes::sign_in, fields);
  }
  void expect_no_fail_open(const std::string& token, const std::string& revoked) {
    EXPECT_FALSE(revoke(*http_, token)) << "what is not on disk is not acknowledged";
    EXPECT_NE(refresh(*http_, revoked).status, 200) << "what is over stays so";
    const Page page = sign_in();
    EXPECT_EQ(page.status, 503);
    EXPECT_EQ(page.header("Retry-After"), "2");
    EXPECT_EQ(page.header("Set-Cookie"), "");
  }
  // What was refused was not done, and can be asked for again.
  void expect_revocable(const std::string& token) {
    const TokenReply reply = refresh(*http_, token);
    ASSERT_EQ(reply.status, 200) << reply.error;
    EXPECT_TRUE(revoke(*http_, reply.refresh_token));
    EXPECT_EQ(refresh(*http_, reply.refresh_token).error, "invalid_grant");
    EXPECT_EQ(sign_in().status, 303);
  }

  template <class Fill, class MakeRoom>
  void run_out_of_space(Fill fill, MakeRoom make_room) {
    ASSERT_NO_FATAL_FAILURE(become_admin());
    std::string token = sign_in_app();
    for (int round = 0; round < 3; ++round) {
      const std::string other = sign_in_app(), revoked = sign_in_app();
      ASSERT_TRUE(revoke(*http_, revoked));
      fill();
      const TokenReply refused = refresh_until_refused(token);
      EXPECT_EQ(refused.status, 503);
      EXPECT_EQ(refused.error, "temporarily_unavailable");
      EXPECT_EQ(refused.retry_after, "1");
      EXPECT_EQ(refused.refresh_token, "") << "a refusal carries no token";
      EXPECT_EQ(refresh(*http_, token).status, 503) << "the same for whoever asks again";
      expect_no_fail_open(other, revoked);
      EXPECT_EQ(status_of(protocol::routes::health), 200);
      EXPECT_EQ(status_of(protocol::routes::jwks), 200) << "what needs no room is answered";
      make_room();
      const TokenReply resumed = refresh(*http_, token);
      ASSERT_EQ(resumed.status, 200) << "without a restart: " << resumed.error;
      EXPECT_EQ(generation_of(resumed.refresh_token), generation_of(token) + 1) << "no refusal counted";
      token = resumed.refresh_token;
      expect_revocable(other);
    }
  }

 private:
  int most_refreshes_ = 5000;  // some 300 fill the log that is there already
};

TEST_F(FullDiskOfAServer, row_67_a_file_system_without_room) {
  if (!may_mount(options_.data)) GTEST_SKIP() << "mounting is not permitted here";
  options_.prepare = [this] { return mount_small_disk(options_.data); };
  ASSERT_TRUE(start());
  const fs::path seen_from_here = "/proc/" + std::to_string(server_->process()) + "/root" + options_.data.string();
  const fs::path filler = seen_from_here / "filler";
  const auto fill = [&] {
    const int file = ::open(filler.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    const std::string block(4096, 'x');
    while (::write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size())) continue;
    EXPECT_EQ(errno, ENOSPC);
    ::close(file);
  };
  run_out_of_space(fill, [&] { fs::remove(filler); });
}

TEST_F(FullDiskOfAServer, row_67_files_that_may_not_grow) {
  ASSERT_TRUE(start());
  const auto limit = [this](rlim_t size) {
    const rlimit wanted{size, RLIM_INFINITY};
    ASSERT_EQ(::prlimit(server_->process(), RLIMIT_FSIZE, &wanted, nullptr), 0);
  };
  const auto fill = [&] { limit(fs::file_size(options_.data / "latchkey.db-wal")); };
  run_out_of_space(fill, [&] { limit(RLIM_INFINITY); });
}

}  // namespace
}  // namespace latchkey::tests
