#include "vault/record_stores/inotify_path_watch.h"

#include <sys/inotify.h>

#include <array>
#include <cerrno>

#include "base/file_descriptor.h"

namespace latchkey::vault {
namespace {

namespace fs = std::filesystem;

constexpr int most_looks = 256;  // at the queue, until one at the path itself is due

class InotifyPathWatch final : public PathWatch {
 public:
  // A file that another takes the place of loses a name, which is a change of its attributes.
  bool begin(const fs::path& file) const {
    if (queue_.get() < 0 || !add(file, IN_MOVE_SELF | IN_ATTRIB)) return false;
    for (fs::path folder = file.parent_path(); folder != folder.root_path(); folder = folder.parent_path())
      if (!add(folder, IN_MOVE_SELF)) return false;
    return true;
  }

  bool is_quiet() override {
    if (looks_left_-- <= 0) return false;
    alignas(inotify_event) std::array<char, sizeof(inotify_event)> event{};
    return ::read(queue_.get(), event.data(), event.size()) < 0 && errno == EAGAIN;
  }

 private:
  bool add(const fs::path& path, std::uint32_t events) const {
    return ::inotify_add_watch(queue_.get(), path.c_str(), events | IN_DONT_FOLLOW) >= 0;
  }

  FileDescriptor queue_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  int looks_left_ = most_looks;
};

}  // namespace

std::unique_ptr<PathWatch> watch_path_by_inotify(const fs::path& file) {
  std::error_code failed;
  if (!file.is_absolute() || fs::canonical(file.parent_path(), failed) != file.parent_path()) return nullptr;
  auto watch = std::make_unique<InotifyPathWatch>();
  return watch->begin(file) ? std::move(watch) : nullptr;
}

}  // namespace latchkey::vault
