#include "base/secret.h"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <type_traits>

namespace latchkey {
namespace {

using Pin = Secret<struct PinTag>;
using Token = Secret<struct TokenTag>;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };

static_assert(std::is_nothrow_move_constructible_v<Pin> && !std::is_copy_constructible_v<Pin>);
static_assert(!std::is_copy_assignable_v<Pin> && !std::is_convertible_v<Pin, std::string_view>);
static_assert(!Printable<Pin> && !Comparable<Pin>);
static_assert(!std::is_constructible_v<Pin, Token> && !std::is_assignable_v<Pin&, Token>);

TEST(Secret, keeps_what_it_was_given) {
  const Pin pin = Pin::copy_of("1234");
  EXPECT_EQ(pin.reveal_text(), "1234");
  EXPECT_EQ(pin.clone().reveal_text(), "1234");
}

TEST(Secret, moving_leaves_nothing_behind) {
  Pin from = Pin::copy_of("1234");
  const std::uint8_t* at = from.reveal().data();
  const Pin to = std::move(from);
  EXPECT_EQ(to.reveal().data(), at);
  EXPECT_TRUE(from.is_empty());  // NOLINT(bugprone-use-after-move): that is what is tested
}

TEST(Secret, is_wiped_when_it_goes) {
  const std::uint8_t* at = nullptr;
  {
    const Pin pin = Pin::copy_of("a secret of forty bytes, a round size class");
    at = pin.reveal().data();
  }
  // The block is back in the arena: its first word is the arena's link, the rest must be zero.
  EXPECT_TRUE(std::all_of(at + sizeof(void*), at + 43, [](auto byte) { return byte == 0; }));
}

}  // namespace
}  // namespace latchkey
