// Decodes the blanked texts of one group, batch by batch; on a thread of its own if they are long, so that the names
// can be filled in meanwhile.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "patch/text_coder.h"

namespace latchkey::patch {

// A file of a group, or the one piece of a larger file that is a group.
struct GroupFile {
  std::string_view path;
  std::uint64_t size = 0;
  Extent source;
  std::uint64_t file_size = 0;  // of the whole file
  bool begins = true;           // whether its first and its last bytes are here
  bool ends = true;
};

class TextStage {
 public:
  // `work.text` holds the blanked sources, and room for all new texts: it must not move while another thread reads it.
  TextStage(ByteView packed, Models& models, Workspace& work, std::span<const GroupFile> files)
      : decoder_(packed), coder_(decoder_, models, work.text, work.has_names), files_(files) {}

  // Appends the next pieces, of some thousand steps. False with the last ones.
  Result<bool> next(std::vector<Piece>& pieces);

  static constexpr std::size_t batch = 4096;

 private:
  RangeDecoder decoder_;
  TextCoder<RangeDecoder> coder_;
  std::span<const GroupFile> files_;
  std::size_t file_ = 0;
  bool is_open_ = false;
};

// Lets a stage run ahead by up to two batches. If the system has no thread to give, it waits for nobody instead.
class TextAhead {
 public:
  explicit TextAhead(TextStage& stage, bool on_a_thread);
  // As the stage's.
  Result<bool> next(std::vector<Piece>& pieces);

 private:
  void run(const std::stop_token& stop);

  TextStage& stage_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Piece> ready_;
  std::optional<Result<bool>> outcome_;  // of the batch that is ready
  std::jthread thread_;
};

}  // namespace latchkey::patch
