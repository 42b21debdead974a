// Small bundles and installations for tests of the device engine.
#pragma once

#include "update/installation.h"
#include "update/stager.h"
#include "update/vfses/memory_vfs.h"

namespace latchkey::update::testing {

struct TestFile {
  std::string path, text;
};

inline Tree tree_of(const std::vector<TestFile>& files) {
  std::vector<FileEntry> entries;
  for (const TestFile& file : files)
    entries.push_back({.path = file.path, .size = file.text.size(), .sha256 = crypto::sha256(as_bytes(file.text))});
  return *Tree::create(std::move(entries));
}

// Version `n` of an app: most files stay, two change.
inline std::vector<TestFile> version(int n) {
  return {{"app.js", "console.log('version " + std::to_string(n) + "')"},
          {"icon.svg", "<svg/>"},
          {"index.html", "<title>" + std::to_string(n) + "</title>"},
          {"style.css", "p{}"}};
}

inline BundleRecord record_of(int n) {
  BundleRecord record;
  record.root = tree_of(version(n)).root();
  record.release = ReleaseId(ByteArray<16>{static_cast<std::uint8_t>(n)});
  record.sequence = static_cast<std::uint64_t>(n);
  record.name = "1." + std::to_string(n);
  return record;
}

// `files` into the store, what `base` has shared.
inline Status put_bundle(BundleStore& store, const std::vector<TestFile>& files, const Tree* base) {
  const Tree tree = tree_of(files);
  Stager stager(store, base, nullptr, Stager::BaseIs::blobs, 1 << 20);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const FileEntry* same = nullptr;
    if (base != nullptr)
      for (const FileEntry& file : base->files())
        if (file.sha256 == crypto::sha256(as_bytes(files[i].text))) same = &file;
    if (same != nullptr) {
      TRY_DO(stager.copy(files[i].path, static_cast<std::size_t>(same - base->files().data())));
      continue;
    }
    TRY_DO(stager.begin(files[i].path, files[i].text.size()));
    TRY_DO(stager.write(as_bytes(files[i].text)));
    TRY_DO(stager.end());
  }
  TRY_DO(stager.commit(tree.root()));
  return {};
}

inline StateKey state_key() { return StateKey::copy_of(Bytes(32, 7)); }

struct OpenOptions {
  NativeVersion native = {1, 0, 0};
  std::uint64_t built_in_sequence = 0;
};
inline std::unique_ptr<Installation> open_installation(Vfs& vfs, const Clock& clock, const OpenOptions& options = {}) {
  BuiltInBundle built_in = make_built_in_page("built-in");
  built_in.sequence = options.built_in_sequence;
  auto opened =
      Installation::open(vfs, state_key(), std::move(built_in), {.version = options.native, .fingerprint = {}}, clock);
  return opened ? *std::move(opened) : nullptr;
}

// 0 for the built-in bundle.
inline int running_version(const Installation& installation) {
  const auto& record = installation.running()->record;
  return record ? static_cast<int>(record->sequence) : 0;
}

}  // namespace latchkey::update::testing
