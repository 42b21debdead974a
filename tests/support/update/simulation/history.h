// What a publisher released over some weeks, and what its host served after each release: good bundles, broken ones,
// a return to an older one, new keys. Made once, then only read: every device of a simulation lives through it.
#pragma once

#include "tests/support/update/app_repository.h"

namespace latchkey::update::testing {

// What a bundle's pages do.
enum class Temper { good, crashes, never_ready, crashes_later };

struct Round {
  int number = 0;
  int version = 0;  // of the bundle
  Temper temper = Temper::good;
  std::uint64_t sequence = 0;
  Instant begins{};
  std::map<std::string, Bytes> files;  // metadata and targets, below the repository's URL
};

class History final {
 public:
  using Files = std::map<std::string, Bytes>;

  explicit History(int rounds);

  const std::vector<Round>& rounds() const { return rounds_; }
  // Of the app, as it was built before the first.
  const Bytes& root() const { return root_; }
  Instant begins() const { return repository_.tuf.now(); }
  const Files& objects() const { return objects_; }
  // Of somebody who has none of the keys, with a release of their own.
  const Files& foreign() const { return foreign_; }

  // Of bundles that were ever published, and of the built-in one (0); nothing: nobody signed such a tree.
  struct Known {
    const publish::Bundle* bundle;
    int version;
    Temper temper;
  };
  const Known* find(const release::TreeRoot& root) const;
  const publish::Bundle& built_in() const { return *known_.at(built_in_root_).bundle; }

 private:
  void take_quick_keys();
  void publish(int number);
  void replace_keys(int number);
  void know(int version, Temper temper);

  AppRepository repository_;
  std::vector<Round> rounds_;
  Bytes root_;
  Files objects_, foreign_;
  std::map<release::TreeRoot, Known> known_;
  release::TreeRoot built_in_root_{};
};

}  // namespace latchkey::update::testing
