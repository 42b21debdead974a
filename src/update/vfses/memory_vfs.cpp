#include "update/vfses/memory_vfs.h"

#include <algorithm>

namespace latchkey::update {
namespace {

struct Node {
  std::uint64_t number;
  std::string path;  // where it was opened last, for the refusal rule
  Bytes bytes;
};

}  // namespace

struct MemoryVfs::Disk {
  mutable std::mutex mutex;
  std::map<std::string, std::shared_ptr<Node>> files;
  std::set<std::string> folders;
  std::vector<JournalEntry> journal;
  std::function<std::optional<Refusal>(Deed, const std::string&)> rule;
  std::uint64_t free_bytes = std::uint64_t{1} << 40;
  std::uint64_t next_number = 1;
  bool is_locked = false;

  std::optional<Refusal> refusal(Deed deed, const std::string& path) const {
    return rule ? rule(deed, path) : std::nullopt;
  }
  Status may(Deed deed, const std::string& path) const {
    if (const auto no = refusal(deed, path)) return tl::unexpected(no->error);
    return {};
  }
  bool has_folder(const std::string& path) const { return path.empty() || folders.contains(path); }
};

namespace {

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<MemoryVfs::Disk> disk, std::shared_ptr<Node> node, bool may_write)
      : disk_(std::move(disk)), node_(std::move(node)), may_write_(may_write) {}

  Result<std::uint64_t> size() override {
    const std::lock_guard lock(disk_->mutex);
    return node_->bytes.size();
  }
  Result<std::size_t> read(std::uint64_t offset, MutableBytes to) override {
    const std::lock_guard lock(disk_->mutex);
    if (offset >= node_->bytes.size()) return std::size_t{0};
    const auto got = std::min<std::size_t>(to.size(), node_->bytes.size() - static_cast<std::size_t>(offset));
    std::copy_n(node_->bytes.begin() + static_cast<std::ptrdiff_t>(offset), got, to.begin());
    return got;
  }
  Status write(std::uint64_t offset, ByteView bytes) override {
    const std::lock_guard lock(disk_->mutex);
    if (!may_write_) return fail(Code::permission_denied, "opened to read");
    const auto no = disk_->refusal(Deed::write, node_->path);
    if (no) bytes = bytes.first(static_cast<std::size_t>(static_cast<double>(bytes.size()) * no->share));
    const auto at = static_cast<std::size_t>(offset);
    if (node_->bytes.size() < at + bytes.size()) node_->bytes.resize(at + bytes.size());
    std::ranges::copy(bytes, node_->bytes.begin() + static_cast<std::ptrdiff_t>(at));
    disk_->journal.push_back(
        {.deed = Deed::write, .file = node_->number, .offset = offset, .data = Bytes(bytes.begin(), bytes.end())});
    return no ? Status(tl::unexpected(no->error)) : Status();
  }
  Status truncate(std::uint64_t size) override {
    const std::lock_guard lock(disk_->mutex);
    if (!may_write_) return fail(Code::permission_denied, "opened to read");
    TRY_DO(disk_->may(Deed::truncate, node_->path));
    node_->bytes.resize(static_cast<std::size_t>(size));
    disk_->journal.push_back({.deed = Deed::truncate, .file = node_->number, .offset = size});
    return {};
  }
  Status sync() override {
    const std::lock_guard lock(disk_->mutex);
    TRY_DO(disk_->may(Deed::sync, node_->path));
    disk_->journal.push_back({.deed = Deed::sync, .file = node_->number});
    return {};
  }

 private:
  std::shared_ptr<MemoryVfs::Disk> disk_;
  std::shared_ptr<Node> node_;
  bool may_write_;
};

class MemoryLock final : public FolderLock {
 public:
  explicit MemoryLock(std::shared_ptr<MemoryVfs::Disk> disk) : disk_(std::move(disk)) {}
  ~MemoryLock() override {
    const std::lock_guard lock(disk_->mutex);
    disk_->is_locked = false;
  }
  MemoryLock(const MemoryLock&) = delete;
  MemoryLock& operator=(const MemoryLock&) = delete;

 private:
  std::shared_ptr<MemoryVfs::Disk> disk_;
};

}  // namespace

MemoryVfs::MemoryVfs(Image image) : disk_(std::make_shared<Disk>()) {
  disk_->folders = std::move(image.folders);
  for (auto& [path, bytes] : image.files)
    disk_->files[path] = std::make_shared<Node>(Node{disk_->next_number++, path, std::move(bytes)});
}
MemoryVfs::~MemoryVfs() = default;

Image MemoryVfs::image() const {
  const std::lock_guard lock(disk_->mutex);
  Image image{.files = {}, .folders = disk_->folders};
  for (const auto& [path, node] : disk_->files) image.files[path] = node->bytes;
  return image;
}
std::vector<JournalEntry> MemoryVfs::journal() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->journal;
}
void MemoryVfs::refuse(std::function<std::optional<Refusal>(Deed, const std::string&)> rule) {
  const std::lock_guard lock(disk_->mutex);
  disk_->rule = std::move(rule);
}
void MemoryVfs::set_free_bytes(std::uint64_t bytes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->free_bytes = bytes;
}

Result<std::unique_ptr<File>> MemoryVfs::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(disk_->mutex);
  auto found = disk_->files.find(path);
  if (found == disk_->files.end()) {
    if (mode != OpenMode::create || !disk_->has_folder(folder_of(path))) return fail(Code::not_found, "no such file");
    TRY_DO(disk_->may(Deed::create, path));
    const auto node = std::make_shared<Node>(Node{disk_->next_number++, path, {}});
    found = disk_->files.emplace(path, node).first;
    disk_->journal.push_back({.deed = Deed::create, .file = node->number, .path = path});
  }
  return std::make_unique<MemoryFile>(disk_, found->second, mode != OpenMode::read);
}

Result<std::optional<std::uint64_t>> MemoryVfs::size_of(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  const auto found = disk_->files.find(path);
  if (found == disk_->files.end()) return std::nullopt;
  return found->second->bytes.size();
}

Status MemoryVfs::make_folder(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (disk_->folders.contains(path)) return {};
  if (!disk_->has_folder(folder_of(path))) return fail(Code::not_found, "no such folder");
  TRY_DO(disk_->may(Deed::make_folder, path));
  disk_->folders.insert(path);
  disk_->journal.push_back({.deed = Deed::make_folder, .path = path});
  return {};
}

Status MemoryVfs::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(disk_->mutex);
  const auto found = disk_->files.find(from);
  if (found == disk_->files.end() || !disk_->has_folder(folder_of(to))) return fail(Code::not_found, "no such file");
  TRY_DO(disk_->may(Deed::rename, to));
  const auto node = found->second;
  node->path = to;
  disk_->files.erase(found);
  disk_->files[to] = node;
  disk_->journal.push_back({.deed = Deed::rename, .file = node->number, .path = from, .other = to});
  return {};
}

Status MemoryVfs::remove(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  if (!disk_->files.contains(path) && !disk_->folders.contains(path)) return {};
  TRY_DO(disk_->may(Deed::remove, path));
  if (disk_->files.erase(path) == 0) {
    const auto is_inside = [&](const std::string& name) { return name.starts_with(path + "/"); };
    if (std::ranges::any_of(disk_->files, [&](const auto& file) { return is_inside(file.first); }) ||
        std::ranges::any_of(disk_->folders, is_inside))
      return fail(Code::storage_failed, "the folder is not empty");
    disk_->folders.erase(path);
  }
  disk_->journal.push_back({.deed = Deed::remove, .path = path});
  return {};
}

Result<std::vector<std::string>> MemoryVfs::list(const std::string& folder) {
  const std::lock_guard lock(disk_->mutex);
  const std::string prefix = folder.empty() ? "" : folder + "/";
  std::set<std::string> names;
  const auto take = [&](const std::string& path) {
    if (!path.starts_with(prefix) || path.size() == prefix.size()) return;
    const std::string rest = path.substr(prefix.size());
    if (rest.find('/') == std::string::npos) names.insert(rest);
  };
  for (const auto& [path, node] : disk_->files) take(path);
  for (const std::string& path : disk_->folders) take(path);
  return std::vector<std::string>(names.begin(), names.end());
}

Status MemoryVfs::sync_folder(const std::string& folder) {
  const std::lock_guard lock(disk_->mutex);
  if (!disk_->has_folder(folder)) return fail(Code::not_found, "no such folder");
  TRY_DO(disk_->may(Deed::sync_folder, folder));
  disk_->journal.push_back({.deed = Deed::sync_folder, .path = folder});
  return {};
}

Result<std::uint64_t> MemoryVfs::free_bytes() {
  const std::lock_guard lock(disk_->mutex);
  return disk_->free_bytes;
}

Result<std::unique_ptr<FolderLock>> MemoryVfs::lock() {
  const std::lock_guard lock(disk_->mutex);
  if (disk_->is_locked) return fail(Code::busy, "another process has it");
  disk_->is_locked = true;
  return std::make_unique<MemoryLock>(disk_);
}

}  // namespace latchkey::update
