// `latchkey bundle key ...`: content keys, which bundles are encrypted with and native builds ship.
#include <fmt/format.h>

#include "apps/latchkey/bundle_access.h"
#include "base/atomic_file.h"
#include "base/hex.h"
#include "protocol/release/utc_time.h"

namespace latchkey::app {
namespace {

using publish::StoredContentKey;

std::string in_words(const StoredContentKey& key) {
  return fmt::format("{}  {}  {}", to_hex(key.id), release::print_utc_time(key.created),
                     key.channel.empty() ? "every channel that has none of its own" : "channel " + key.channel);
}

std::string in_json(const StoredContentKey& key) {
  return fmt::format(R"({{"id":"{}","created":"{}","channel":{}}})", to_hex(key.id),
                     release::print_utc_time(key.created), key.channel.empty() ? "null" : json_quoted(key.channel));
}

class KeyCommand final {
 public:
  explicit KeyCommand(std::shared_ptr<BundleAccess> access)
      : access_(std::move(access)), console_(access_->console()) {}

  std::string id;
  std::string output;
  unsigned work_factor = vault::age::default_work_factor;

  Status create() {
    TRY(const auto passphrase, access_->choose_passphrase("the content key"));
    TRY(const StoredContentKey stored,
        publish::create_content_key(folder(), access_->flags.channel, release::make_content_key(), access_->now(),
                                    passphrase, work_factor));
    console_.result(
        fmt::format("Content key {} made.\nReleases are encrypted for it from now on, besides those that were there "
                    "before.\nGive it to native builds: latchkey bundle key export {} --output FILE",
                    to_hex(stored.id), to_hex(stored.id)),
        in_json(stored));
    return {};
  }

  Status list() {
    TRY(const auto keys, publish::list_content_keys(folder()));
    std::string human, json;
    for (const StoredContentKey& key : keys) {
      human += (human.empty() ? "" : "\n") + in_words(key);
      json += (json.empty() ? "" : ",") + in_json(key);
    }
    console_.result(human.empty() ? "no content keys" : human, "{\"keys\":[" + json + "]}");
    return {};
  }

  // Into a file, never to the terminal: what is printed stays in scroll-back buffers and CI logs.
  Status export_key() {
    TRY(const auto keys, publish::list_content_keys(folder()));
    for (const StoredContentKey& key : keys) {
      if (to_hex(key.id) != id) continue;
      TRY(const auto opened, access_->open_content_key(key));
      TRY_DO(create_file_atomically(output, as_bytes(std::string_view(publish::print_content_key(opened) + "\n"))));
      console_.result("written, mode 0600", R"({"ok":true})");
      return {};
    }
    return fail(Code::not_found, "no such content key");
  }

 private:
  std::filesystem::path folder() const { return access_->keys_folder() / "content"; }

  std::shared_ptr<BundleAccess> access_;
  Console& console_;
};

}  // namespace

void add_bundle_keys(CLI::App& group, const std::shared_ptr<BundleAccess>& access) {
  const auto command = std::make_shared<KeyCommand>(access);
  Console& console = access->console();
  CLI::App& keys = *group.add_subcommand("key", "Content keys: what bundles are encrypted with");
  keys.require_subcommand(1);
  keys.fallthrough();

  CLI::App* sub = keys.add_subcommand("create", "Make one; with --channel, for that private channel alone");
  sub->callback([command, &console] { console.finish(command->create()); });
  sub->add_option("--work-factor", command->work_factor, "log2 of what guessing the passphrase costs")
      ->check(CLI::Range(1, 22));

  sub = keys.add_subcommand("list", "The content keys there are");
  sub->callback([command, &console] { console.finish(command->list()); });

  sub = keys.add_subcommand("export", "Write one to a file, for the native build");
  sub->callback([command, &console] { console.finish(command->export_key()); });
  sub->add_option("id", command->id, "The key's id")->required();
  sub->add_option("--output", command->output, "The file to make; never replaces one")->required();
}

}  // namespace latchkey::app
