// Chooses the steps that make a blanked text (text_model.h) so that they cost few bits: a shortest path through what
// the indexes find, by estimated prices. Encoder only; a decoder follows whatever steps it is given.
#pragma once

#include <array>
#include <vector>

#include "patch/group_coder.h"
#include "patch/match_index.h"

namespace latchkey::patch {

class Parser {
 public:
  // `buffer`: the blanked old texts (`old_size` bytes), then the blanked new ones. It must outlive the parser.
  Parser(ByteView buffer, std::size_t old_size);

  // The steps of the new text buffer[begin, end), whose old text begins at `source`. Files in order of their places.
  std::vector<Step> parse(std::size_t begin, std::size_t end, std::size_t source);

  // Of what is looked at (a place that may continue the text, eight bytes compared, a length weighed) a byte of new
  // text may cost so many on average; releases need a tenth of it. Where texts repeat themselves over and over there
  // would be far more to weigh: once what was granted is spent, only the likeliest runs are looked at, as a whole.
  static constexpr std::uint64_t looks_per_byte = 256;
  static constexpr std::uint64_t looks_at_once = 4096;  // at one byte, before the next is asked whether it may
  // How many were needed so far: at most looks_per_byte for each byte parsed, and looks_at_once.
  [[nodiscard]] std::uint64_t looks() const { return looks_; }

 private:
  // A place reached, the cheapest way there, and (once it is gone on from) what the coder will expect then.
  struct Node {
    std::uint32_t cost = 0;
    std::uint32_t from = 0;  // the node before, relative
    Step step;
    std::size_t source = 0;
    Position position;
  };
  struct Found {
    std::size_t source = 0;
    std::size_t length = 0;
  };
  // What a run costs besides its length and its names; their price by how far they are.
  enum Nearness : std::uint8_t { near, far, in_new };
  struct Run {
    Found found;
    Step step;
    std::uint32_t base = 0;
    Nearness nearness = near;
  };

  std::size_t extend(std::size_t begin, std::size_t end, const Position& position, std::vector<Step>& steps);
  void begin_window(std::size_t begin, const Position& position);
  void go_on_from(std::size_t node);
  std::size_t finish(std::size_t goal, const Found& taken, std::vector<Step>& steps);
  [[nodiscard]] const Found* longest_found(std::size_t at, const Position& position) const;
  void find(std::size_t at, std::size_t end, const Position& position);
  void find_in_new(std::size_t at, std::size_t end, std::size_t most);
  void offer(std::size_t at, std::size_t end, std::size_t source);
  void weigh_runs(std::size_t node, std::size_t at);
  void weigh(std::size_t node, std::size_t at, const Run& run, std::size_t shortest);
  void relax(std::size_t from, std::size_t to, const Step& step, std::size_t source, std::uint32_t cost);
  [[nodiscard]] Run run_of(const Found& found, std::size_t at, const Position& position) const;
  [[nodiscard]] Step step_to(const Found& found, std::size_t at, const Position& position) const;
  [[nodiscard]] static std::uint32_t price_of(const Step& step);
  [[nodiscard]] std::uint32_t byte_price(std::size_t at) const;
  [[nodiscard]] bool is_short_of_looks() const { return looks_ >= granted_; }
  void learn_prices();

  ByteView buffer_;
  std::size_t old_size_;
  std::vector<std::uint32_t> ranks_;  // blanks before each byte
  PlaceIndex short_, middle_, long_;
  RecentIndex recent_;
  std::size_t added_;
  std::size_t begin_ = 0;              // of the window
  std::vector<std::uint16_t> prices_;  // of a byte after another
  std::vector<Node> nodes_;
  std::size_t reached_ = 0;  // the last node of the window that has a cost
  std::vector<Found> found_;
  std::vector<Run> runs_;
  std::uint64_t looks_ = 0;
  std::uint64_t granted_ = 0;
};

}  // namespace latchkey::patch
