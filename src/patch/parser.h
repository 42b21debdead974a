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

 private:
  // A place reached, the cheapest way there, and what the coder will expect then.
  struct Node {
    std::uint32_t cost = 0;
    std::uint32_t from = 0;  // the node before, relative
    Step step;
    Position position;
  };
  struct Found {
    std::size_t source = 0;
    std::size_t length = 0;
  };

  std::size_t extend(std::size_t begin, std::size_t end, const Position& position, std::vector<Step>& steps);
  void find(std::size_t at, std::size_t end, const Position& position);
  void offer(std::size_t at, std::size_t end, std::size_t source);
  void relax(std::size_t from, std::size_t to, const Step& step, std::size_t source, std::uint32_t cost);
  void relax_run(std::size_t node, std::size_t at, const Found& found);
  [[nodiscard]] Step step_to(const Found& found, std::size_t at, const Position& position) const;
  [[nodiscard]] std::uint32_t price_of(const Step& step, const Position& position) const;
  [[nodiscard]] std::uint32_t byte_price(std::size_t at) const;
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
  std::vector<Found> found_;
};

}  // namespace latchkey::patch
