#include "publish/keys/content_key_file.h"

#include <algorithm>
#include <tuple>

#include "base/atomic_file.h"
#include "base/base64url.h"
#include "base/hex.h"
#include "protocol/limits/release.h"
#include "protocol/release/names.h"
#include "protocol/release/strict_json.h"
#include "protocol/release/utc_time.h"
#include "vault/exchange/age/file.h"

namespace latchkey::publish {
namespace {

namespace age = vault::age;
namespace fs = std::filesystem;
namespace json = protocol::json;

constexpr std::string_view type_name = "latchkey-content-key";
constexpr std::size_t key_size = 32;
constexpr json::Limits note_limits{protocol::limits::key_file_bytes, protocol::limits::key_note_depth,
                                   protocol::limits::key_note_members};

Result<Bytes> seal(const release::ContentKey& key, const age::Passphrase& passphrase, unsigned work_factor) {
  Bytes sealed;
  const auto sink = [&sealed](ByteView piece) -> Status {
    append(sealed, piece);
    return {};
  };
  TRY(auto writer, age::Writer::create(passphrase, work_factor, age::Encoding::armor, sink));
  TRY_DO(writer.write(as_bytes(std::string_view(print_content_key(key) + "\n"))));
  TRY_DO(writer.finish());
  return sealed;
}

Result<StoredContentKey> read_note(const fs::path& file) {
  TRY(const WipedBytes text, read_file(file, protocol::limits::key_file_bytes));
  TRY(StoredContentKey stored, parse_content_key_note(as_text(text)));
  stored.file = fs::path(file).replace_extension(".key");
  return stored;
}

}  // namespace

std::string print_content_key_note(const StoredContentKey& stored) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("_type", type_name);
  if (!stored.channel.empty()) writer.member("channel", stored.channel);
  writer.member("created", release::print_utc_time(stored.created)).member("id", to_hex(stored.id)).end_object();
  return text + "\n";
}

Result<StoredContentKey> parse_content_key_note(std::string_view text) {
  TRY(const auto object, json::parse_object(text, note_limits));
  TRY_DO(release::check_members(object, {"_type", "channel", "created", "id"}));
  TRY_DO(release::check_type(object, type_name));
  StoredContentKey stored;
  TRY(stored.id, release::get_hex<8>(object, "id"));
  TRY(const auto created, json::get_string(object, "created"));
  TRY(stored.created, release::parse_utc_time(created));
  TRY(const auto channel, json::find_string(object, "channel"));
  if (channel) TRY_DO(release::check_channel_name(*channel));
  stored.channel = channel.value_or("");
  return stored;
}

Result<StoredContentKey> create_content_key(const fs::path& folder, const std::string& channel,
                                            const release::ContentKey& key, Instant now,
                                            const age::Passphrase& passphrase, unsigned work_factor) {
  if (passphrase.is_empty()) return fail(Code::invalid_argument, "an empty passphrase");
  if (!channel.empty() && !release::check_channel_name(channel)) return fail(Code::invalid_argument, "channel");
  const release::KeyId id = release::id_of(key);
  StoredContentKey stored{id, channel, std::chrono::floor<std::chrono::seconds>(now), folder / (to_hex(id) + ".key")};
  TRY(const Bytes sealed, seal(key, passphrase, work_factor));
  TRY_DO(create_private_folder(folder));
  TRY_DO(create_file_atomically(stored.file, sealed));
  TRY_DO(create_file_atomically(fs::path(stored.file).replace_extension(".json"),
                                as_bytes(print_content_key_note(stored))));
  return stored;
}

Result<std::vector<StoredContentKey>> list_content_keys(const fs::path& folder) {
  std::vector<StoredContentKey> keys;
  std::error_code error;
  if (!fs::exists(folder, error)) return keys;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".json") continue;
    TRY(StoredContentKey stored, read_note(entry->path()));
    keys.push_back(std::move(stored));
  }
  if (error) return fail(Code::storage_failed, "the folder of content keys");
  std::ranges::sort(keys, {}, [](const StoredContentKey& key) { return std::tie(key.created, key.id); });
  return keys;
}

std::vector<StoredContentKey> keys_of_channel(const std::vector<StoredContentKey>& keys,
                                              const release::Channel& channel) {
  std::vector<StoredContentKey> its;
  for (const StoredContentKey& key : keys)
    if (key.channel == channel.name || (key.channel.empty() && !channel.is_private)) its.push_back(key);
  return its;
}

Result<release::ContentKey> open_content_key(const StoredContentKey& stored, const age::Passphrase& passphrase) {
  TRY(const WipedBytes sealed, read_file(stored.file, protocol::limits::key_file_bytes));
  age::Keys keys;
  keys.ask_passphrase = [&passphrase]() -> Result<age::Passphrase> { return passphrase.clone(); };
  TRY(const WipedBytes text, age::open_file(sealed, keys));
  TRY(release::ContentKey key, parse_content_key(as_text(text)));
  if (release::id_of(key) != stored.id) return fail(Code::authentication_failed, "another key than its name says");
  return key;
}

WipedString print_content_key(const release::ContentKey& key) {
  WipedString text;
  append_base64url(text, key.reveal());
  return text;
}

Result<release::ContentKey> parse_content_key(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() != (key_size * 8 + 5) / 6) return fail(Code::invalid_format, "a content key has 43 characters");
  auto key = release::ContentKey::zeroed(key_size);
  TRY_DO(parse_base64url_into(text, key.reveal_to_write()));
  return key;
}

}  // namespace latchkey::publish
