// Pages that were loaded, and the bundle each was loaded from. A page has two names: `id`, which only that page knows,
// speaks for it; `pin`, in a cookie, says which bundle its further files come from.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "update/installation.h"

namespace latchkey::update::web {

struct PageLoad {
  std::string id, pin;  // 32 hexadecimal digits each
  std::shared_ptr<const RunningBundle> bundle;
};

// Thread-safe. Keeps the last limits::page_loads.
class PageLoads final {
 public:
  PageLoad add(std::shared_ptr<const RunningBundle> bundle, LoadToken token, MonotonicTime at = {});

  // The page's script runs.
  void settle(std::string_view id);
  // Whether a page of another tree than `running` was begun just now and its script has not been heard of.
  bool is_any_beginning(const TreeRoot& running, MonotonicTime at) const;

  std::optional<PageLoad> find(std::string_view id) const;
  std::shared_ptr<const RunningBundle> find_pinned(std::string_view pin) const;  // null: nobody's

  // What a page of the tree `running` says of itself; false: it is no page of that. A page that was just loaded is
  // seen.
  bool set_hidden(std::string_view id, bool is_hidden, const TreeRoot& running);
  // Whether any page of that tree is.
  bool is_any_seen(const TreeRoot& running) const;

  // Once; then nothing.
  std::optional<LoadToken> take_token(std::string_view id);

 private:
  struct Kept {
    PageLoad load;
    std::optional<LoadToken> token;
    MonotonicTime begun{};
    bool is_hidden = false;
    bool is_settled = false;
  };
  const Kept* find_kept(std::string_view id) const;

  mutable std::mutex mutex_;
  std::deque<Kept> loads_;  // the latest last
};

}  // namespace latchkey::update::web
