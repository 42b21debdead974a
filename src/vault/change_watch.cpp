#include "vault/change_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

#include "base/file_descriptor.h"

namespace latchkey::vault {
namespace {

// A write to the file or its log, or another file in its place.
constexpr std::uint32_t interesting = IN_MODIFY | IN_MOVED_TO | IN_CREATE;
// The log is written before the change in it can be seen, with a sync of the disk in between, and nothing tells of the
// end. So an event is followed by several looks, ever later (milliseconds; about 5 s in all).
constexpr int first_look_again = 5;
constexpr int last_look_again = 2'560;
constexpr int forever = -1;
constexpr std::size_t events_size = 4096;  // of one read; a name has at most 255 bytes

// The folder, for files come and go in it: a log is made and removed, a vault is put in place whole.
Status add_watch(int inotify, const std::filesystem::path& folder) {
  if (::inotify_add_watch(inotify, folder.c_str(), interesting | IN_ONLYDIR) >= 0) return {};
  if (errno == ENOENT || errno == ENOTDIR) return fail(Code::not_found, "the vault's folder");
  return fail(Code::temporarily_unavailable, "no file can be watched");
}

}  // namespace

struct ChangeWatch::Inner {
  Inner(Vault& watched, const std::filesystem::path& file, std::function<void()> callback)
      : vault(watched), name(file.filename().string()), on_change(std::move(callback)) {}

  Vault& vault;
  const std::string name;
  const std::function<void()> on_change;
  const FileDescriptor inotify{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  const std::shared_ptr<const FileDescriptor> wake =  // shared with the observer, which may be running when we go
      std::make_shared<const FileDescriptor>(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  std::optional<std::uint64_t> seen;
  std::shared_ptr<const VaultObserver> observer;
  std::atomic_bool is_over = false;
  std::thread thread;

  bool is_ours(const inotify_event& event) const {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return true;  // some were lost: look
    const std::string_view changed = event.len == 0 ? std::string_view() : std::string_view(event.name);
    return changed == name || changed == name + "-wal";
  }

  // Takes all there are; whether one of them was the vault's.
  bool drain() const {
    bool is_any = false;
    alignas(inotify_event) std::array<char, events_size> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (ssize_t got = 0; (got = ::read(inotify.get(), buffer.data(), buffer.size())) > 0;) {
      for (ssize_t at = 0; at < got;) {
        const auto* const event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        is_any = is_ours(*event) || is_any;
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
    return is_any;
  }

  void look() {
    const auto now = vault.get_revision_by_others();
    if (!now) return;  // locked, or out of reach: there is another look after unlocking
    const bool has_grown = seen && *now > *seen;
    seen = *now;
    if (has_grown) on_change();
  }

  void run() {
    for (int wait = forever; !is_over;) {
      std::array<pollfd, 2> waits{{{inotify.get(), POLLIN, 0}, {wake->get(), POLLIN, 0}}};
      const int ready = ::poll(waits.data(), waits.size(), wait);
      if (ready < 0 && errno != EINTR) return;
      eventfd_t calls = 0;
      const bool is_called = ::eventfd_read(wake->get(), &calls) == 0;
      const bool is_due = drain() || is_called || ready == 0;
      if (is_over) return;
      if (is_due) look();
      if (ready > 0 && is_due) wait = first_look_again;
      if (ready == 0) wait = wait >= last_look_again ? forever : wait * 2;
    }
  }
};

ChangeWatch::ChangeWatch(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

Result<std::unique_ptr<ChangeWatch>> ChangeWatch::start(Vault& vault, const std::filesystem::path& file,
                                                        std::function<void()> on_change) {
  auto inner = std::make_unique<Inner>(vault, file, std::move(on_change));
  if (inner->inotify.get() < 0 || inner->wake->get() < 0)
    return fail(Code::temporarily_unavailable, "no file can be watched");
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  TRY_DO(add_watch(inner->inotify.get(), folder));
  if (const auto now = vault.get_revision_by_others()) inner->seen = *now;
  const auto call = [wake = inner->wake](const UnlockedEvent&) { static_cast<void>(::eventfd_write(wake->get(), 1)); };
  inner->observer = vault.observe({.on_lock = {}, .on_unlock = call});
  Inner* const of_thread = inner.get();
  inner->thread = std::thread([of_thread] { of_thread->run(); });
  return std::unique_ptr<ChangeWatch>(new ChangeWatch(std::move(inner)));
}

ChangeWatch::~ChangeWatch() {
  inner_->observer.reset();
  inner_->is_over = true;
  static_cast<void>(::eventfd_write(inner_->wake->get(), 1));
  inner_->thread.join();
}

}  // namespace latchkey::vault
