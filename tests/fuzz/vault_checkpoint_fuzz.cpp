// Links: protocol vault
// What a server of checkpoints is sent, what it answers, and the parameters in a vault's file. The first byte chooses.
#include "protocol/vault_checkpoint.h"

#include "tests/fuzz/property.h"
#include "vault/checkpoint.h"

using latchkey::fuzz::holds;
namespace protocol = latchkey::protocol;
namespace vault = latchkey::vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = latchkey::fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0: {
      const auto id = protocol::parse_checkpoint_path(text);
      holds(!id || protocol::checkpoint_path(*id) == text, "a path has one spelling");
      break;
    }
    case 1: {
      const auto counter = protocol::parse_checkpoint(text);
      holds(!counter || (*counter >= 1 && *counter <= protocol::limits::checkpoint_counter), "a counter in its bounds");
      holds(!counter || protocol::parse_checkpoint(protocol::print_checkpoint(*counter)) == *counter, "round trip");
      break;
    }
    case 2: {
      const auto counter = protocol::parse_checkpoint_problem(text);
      holds(!counter || !*counter || **counter >= 1, "a stored counter is one");
      break;
    }
    default: {
      const latchkey::ByteView parameters(data + 1, size - 1);
      const auto place = vault::parse_checkpoint_place(parameters);
      if (!place) break;
      const auto printed = vault::print_checkpoint_place(*place);
      holds(printed && std::ranges::equal(*printed, parameters), "parameters have one form");
    }
  }
  return 0;
}
