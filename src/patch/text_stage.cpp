#include "patch/text_stage.h"

#include <system_error>

namespace latchkey::patch {

Result<bool> TextStage::next(std::vector<Piece>& pieces) {
  for (std::size_t steps = 0; file_ < files_.size(); ++file_, is_open_ = false) {
    const GroupFile& file = files_[file_];
    if (!is_open_) TRY_DO(coder_.begin_file(file.size, file.source, 0));
    is_open_ = true;
    for (; coder_.left() != 0; ++steps) {
      if (steps == batch) return true;
      TRY_DO(coder_.code_step({}, pieces));
    }
    pieces.push_back({Piece::literal, 0});
  }
  if (!decoder_.used_all()) return fail(Code::invalid_format, "a group is too long");
  return false;
}

TextAhead::TextAhead(TextStage& stage, bool on_a_thread) : stage_(stage) {
  if (!on_a_thread) return;
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch)
    // Without one it only takes longer.
  }
}

Result<bool> TextAhead::next(std::vector<Piece>& pieces) {
  pieces.clear();
  if (!thread_.joinable()) return stage_.next(pieces);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outcome_.has_value(); });
  std::swap(pieces, ready_);
  Result<bool> outcome = *std::move(outcome_);
  outcome_.reset();
  changed_.notify_all();
  return outcome;
}

void TextAhead::run(const std::stop_token& stop) {
  std::vector<Piece> made;
  for (bool more = true; more;) {
    made.clear();
    Result<bool> outcome = stage_.next(made);
    more = outcome && *outcome;
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return !outcome_.has_value(); })) return;
    std::swap(made, ready_);
    outcome_ = std::move(outcome);
    changed_.notify_all();
  }
}

}  // namespace latchkey::patch
