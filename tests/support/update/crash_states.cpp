#include "tests/support/update/crash_states.h"

#include <algorithm>

namespace latchkey::update::testing {
namespace {

enum class Unsynced { old, half, zero, fresh };
constexpr std::size_t most_subset_changes = 9;  // 512 combinations; of more, the last ones in every combination

struct Node {
  Bytes durable;
  std::vector<JournalEntry> pending;
};

void write(const JournalEntry& entry, Bytes& to, Unsynced how) {
  if (entry.deed == Deed::truncate) return to.resize(static_cast<std::size_t>(entry.offset));
  const auto at = static_cast<std::size_t>(entry.offset);
  if (to.size() < at + entry.data.size()) to.resize(at + entry.data.size());
  if (how == Unsynced::zero) {
    std::fill_n(to.begin() + static_cast<std::ptrdiff_t>(at), entry.data.size(), 0);
    return;
  }
  const std::size_t size = how == Unsynced::half ? entry.data.size() / 2 : entry.data.size();
  std::copy_n(entry.data.begin(), size, to.begin() + static_cast<std::ptrdiff_t>(at));
}

Bytes contents(const Node& node, Unsynced how) {
  Bytes bytes = node.durable;
  if (how == Unsynced::old) return bytes;
  for (const JournalEntry& entry : node.pending) write(entry, bytes, how);
  return bytes;
}

class Disk {
 public:
  explicit Disk(const Image& before) : folders_(before.folders) {
    // As MemoryVfs numbers them.
    std::uint64_t number = 1;
    for (const auto& [path, bytes] : before.files) {
      nodes_[number].durable = bytes;
      names_[path] = number++;
    }
  }

  void take(const JournalEntry& entry) {
    switch (entry.deed) {
      case Deed::write:
      case Deed::truncate:
        nodes_[entry.file].pending.push_back(entry);
        return;
      case Deed::sync: {
        Node& node = nodes_[entry.file];
        node.durable = contents(node, Unsynced::fresh);
        node.pending.clear();
        return;
      }
      case Deed::sync_folder:
        return settle(entry.path);
      case Deed::create:
        nodes_[entry.file];  // empty, but there
        pending_.push_back(entry);
        return;
      case Deed::make_folder:
      case Deed::rename:
      case Deed::remove:
        pending_.push_back(entry);
        return;
    }
  }

  // How many unsynced names there are, and the image when those of `chosen` reached the disk.
  std::size_t pending() const { return pending_.size(); }
  Image image(const std::function<bool(std::size_t)>& chosen, Unsynced how) const {
    auto names = names_;
    auto folders = folders_;
    for (std::size_t i = 0; i < pending_.size(); ++i)
      if (chosen(i)) apply(pending_[i], names, folders);
    Image image{.files = {}, .folders = folders};
    for (const auto& [path, number] : names) {
      const auto folder = folder_of(path);
      if (folder.empty() || folders.contains(folder)) image.files[path] = contents(nodes_.at(number), how);
    }
    return image;
  }

 private:
  using NameMap = std::map<std::string, std::uint64_t>;

  static void apply(const JournalEntry& entry, NameMap& names, std::set<std::string>& folders) {
    if (entry.deed == Deed::create) names[entry.path] = entry.file;
    if (entry.deed == Deed::make_folder) folders.insert(entry.path);
    if (entry.deed == Deed::remove && names.erase(entry.path) == 0) folders.erase(entry.path);
    if (entry.deed != Deed::rename) return;
    names[entry.other] = entry.file;
    names.erase(entry.path);
  }

  void settle(const std::string& folder) {
    std::vector<JournalEntry> left;
    for (JournalEntry& entry : pending_) {
      const std::string& path = entry.deed == Deed::rename ? entry.other : entry.path;
      if (folder_of(path) == folder)
        apply(entry, names_, folders_);
      else
        left.push_back(std::move(entry));
    }
    pending_ = std::move(left);
  }

  std::map<std::uint64_t, Node> nodes_;
  NameMap names_;
  std::set<std::string> folders_;
  std::vector<JournalEntry> pending_;
};

}  // namespace

std::size_t for_every_crash_state(const Image& before, const std::vector<JournalEntry>& journal, Names names,
                                  const std::function<void(const Image&, std::size_t)>& judge) {
  Disk disk(before);
  std::size_t states = 0;
  for (std::size_t done = 0; done <= journal.size(); ++done) {
    if (done > 0) disk.take(journal[done - 1]);
    const std::size_t pending = disk.pending();
    const std::size_t free = std::min(pending, most_subset_changes);
    const std::size_t combinations = names == Names::in_order ? pending + 1 : std::size_t{1} << free;
    std::vector<Image> seen;
    for (std::size_t one = 0; one < combinations; ++one) {
      const auto chosen = [&](std::size_t i) {
        if (names == Names::in_order) return i < one;
        return i < pending - free || ((one >> (i - (pending - free))) & 1) != 0;
      };
      for (const Unsynced how : {Unsynced::old, Unsynced::half, Unsynced::zero, Unsynced::fresh}) {
        Image image = disk.image(chosen, how);
        if (std::ranges::find(seen, image) != seen.end()) continue;
        judge(image, done);
        ++states;
        seen.push_back(std::move(image));
      }
    }
  }
  return states;
}

Image draw_crash_state(const Image& before, const std::vector<JournalEntry>& journal, Names names,
                       const std::function<std::size_t(std::size_t)>& draw) {
  Disk disk(before);
  for (const JournalEntry& entry : journal) disk.take(entry);
  std::vector<bool> chosen(disk.pending());
  const std::size_t in_order = draw(chosen.size() + 1);
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = names == Names::in_order ? i < in_order : draw(2) == 0;
  return disk.image([&](std::size_t i) { return chosen[i]; }, static_cast<Unsynced>(draw(4)));
}

}  // namespace latchkey::update::testing
