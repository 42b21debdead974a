#include "vault/record_stores/inotify_path_watch.h"

#include <sys/inotify.h>

#include <array>
#include <cerrno>

#include "base/file_descriptor.h"

namespace latchkey::vault {
namespace {

namespace fs = std::filesystem;

class InotifyPathWatch final : public PathWatch {
 public:
  // From the top: as long as the queue is empty, what is watched already leads where the next name is looked up, so
  // that nothing that is there for a moment only is watched unnoticed instead of what it hid. A file that another takes
  // the place of loses a name, which is a change of its attributes.
  bool begin(const fs::path& file) const {
    if (queue_.get() < 0) return false;
    fs::path folder = file.root_path();
    for (const fs::path& name : file.parent_path().relative_path()) {
      folder /= name;
      if (!add(folder, IN_MOVE_SELF | IN_ONLYDIR)) return false;
    }
    return add(file, IN_MOVE_SELF | IN_ATTRIB);
  }

  // Any event is one too many, the one that says that others were dropped (IN_Q_OVERFLOW) as well.
  bool is_quiet() override {
    alignas(inotify_event) std::array<char, sizeof(inotify_event)> event{};
    if (is_quiet_) is_quiet_ = ::read(queue_.get(), event.data(), event.size()) < 0 && errno == EAGAIN;
    return is_quiet_;
  }

 private:
  bool add(const fs::path& path, std::uint32_t events) const {
    return ::inotify_add_watch(queue_.get(), path.c_str(), events | IN_DONT_FOLLOW) >= 0;
  }

  FileDescriptor queue_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  bool is_quiet_ = true;
};

}  // namespace

std::unique_ptr<PathWatch> watch_path_by_inotify(const fs::path& file) {
  std::error_code failed;
  if (!file.is_absolute() || fs::canonical(file.parent_path(), failed) != file.parent_path()) return nullptr;
  auto watch = std::make_unique<InotifyPathWatch>();
  return watch->begin(file) ? std::move(watch) : nullptr;
}

}  // namespace latchkey::vault
