// Links: base crypto protocol
// release.json: one text per release, nothing beyond the limits, and a plan over its objects that really leads to it.
#include "protocol/limits.h"
#include "protocol/release/object_plan.h"
#include "protocol/release/release_descriptor.h"
#include "protocol/release/tuf/canonical_json.h"
#include "tests/fuzz/property.h"

using latchkey::fuzz::holds;
namespace release = latchkey::protocol::release;

namespace {

void check_plan(const release::ReleaseDescriptor& of, const std::vector<release::TreeRoot>& trees) {
  const auto plan = release::plan_objects(of, {.trees = trees});
  if (!plan || plan->objects.empty()) return;
  const auto& first = of.objects[plan->objects.front()].base;
  holds(!first || std::find(trees.begin(), trees.end(), *first) != trees.end(), "begins with what there is");
  for (std::size_t i = 1; i < plan->objects.size(); ++i)
    holds(of.objects[plan->objects[i]].base == release::target_of(of.objects[plan->objects[i - 1]], of), "a chain");
  holds(release::target_of(of.objects[plan->objects.back()], of) == of.tree.root, "that ends in the release");
  holds(plan->objects.size() <= of.objects.size(), "without circles");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  const auto parsed = release::parse_release(text);
  if (!parsed) return 0;
  holds(text.size() <= latchkey::protocol::limits::descriptor_bytes, "bounded");
  holds(release::check_release(*parsed).has_value(), "within the rules");
  const auto printed = release::print_release(*parsed);
  holds(printed && *printed == text, "one text per release");
  const auto canonical = latchkey::protocol::tuf::to_canonical(*latchkey::protocol::json::parse(
      text, {.bytes = size, .depth = 32, .members = latchkey::protocol::limits::descriptor_members}));
  holds(canonical && *canonical == text, "TUF's canonical form");
  check_plan(*parsed, {});
  for (const auto& object : parsed->objects)
    if (object.base) check_plan(*parsed, {*object.base});
  return 0;
}
