#include "identity/login/attempt_buckets.h"

#include <gtest/gtest.h>

#include "tests/support/databases.h"
#include "tests/support/families.h"

namespace latchkey::identity {
namespace {

using tests::start;
using namespace std::chrono_literals;

template <class Kind>
class AttemptBuckets : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (!this->IsSkipped()) ASSERT_TRUE(tests::prepare(this->db()));
  }
  bool takes(Instant at) {
    auto work = [&](sql::Transaction& tx) { return take_attempt(tx, BucketKey{1}, rate_, at); };
    const auto wait = this->db().write(work).get();
    EXPECT_TRUE(wait);
    return wait && !*wait;
  }

  BucketRate rate_{.burst = 5, .refill_interval = 4h};
};
TYPED_TEST_SUITE(AttemptBuckets, tests::Databases, tests::DatabaseNames);

TYPED_TEST(AttemptBuckets, attempts_that_were_overtaken_get_nothing_more) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(this->takes(start + std::chrono::milliseconds(i))) << i;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(this->takes(start - std::chrono::milliseconds(i))) << i;
  EXPECT_FALSE(this->takes(start - 59s));
  EXPECT_TRUE(this->takes(start + 4h));
  EXPECT_FALSE(this->takes(start + 4h - 30s));
}

TYPED_TEST(AttemptBuckets, buckets_of_attempts_at_one_time_are_emptied_once) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(this->takes(start)) << i;
  for (int i = 1; i < 20; ++i) EXPECT_FALSE(this->takes(start - std::chrono::milliseconds(i))) << i;
}

TYPED_TEST(AttemptBuckets, a_clock_that_steps_back_leaves_one_attempt) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(this->takes(start)) << i;
  EXPECT_TRUE(this->takes(start - 1h));
  EXPECT_FALSE(this->takes(start - 1h));
}

}  // namespace
}  // namespace latchkey::identity
