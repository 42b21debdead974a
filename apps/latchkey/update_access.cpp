#include "apps/latchkey/update_access.h"

#include "base/atomic_file.h"
#include "base/hex.h"
#include "protocol/limits.h"
#include "protocol/release/utc_time.h"
#include "publish/keys/content_key_file.h"
#include "update/device_recipient.h"
#include "update/floors/vault_recipient.h"
#include "update/vfses/posix_vfs.h"
#include "update/web/state_json.h"

namespace latchkey::app {
namespace {

namespace fs = std::filesystem;
namespace release = protocol::release;

constexpr const char* no_bundle_page =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>No bundle yet</title>"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head><body><main><h1>No bundle yet</h1>"
    "<p>No bundle was built into this device: give one with --built-in FOLDER. The first release takes its place.</p>"
    "</main></body></html>";

fs::path check_file(const fs::path& folder) { return folder / "last-check.json"; }

std::string absolute(const std::string& path) {
  std::error_code error;
  const fs::path whole = path.empty() ? fs::path() : fs::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

template <class T>
void take(T& setting, const T& given) {
  if (given != T()) setting = given;
}

Status check_complete(const UpdateSettings& settings) {
  const auto missing = [](const char* what) {
    return fail(Code::invalid_argument, std::string("a new device wants ") + what);
  };
  if (settings.app.empty()) return missing("--app");
  if (settings.repository.empty()) return missing("--server or --repository");
  if (settings.root.empty()) return missing("--root, the root.json that ships with the app");
  return release::check_app_id(settings.app);
}

Result<release::DeviceFacts> facts_of(const UpdateSettings& settings) {
  release::DeviceFacts facts;
  facts.channel = settings.channel;
  facts.platform = settings.platform;
  facts.os = settings.os;
  TRY(facts.native, release::parse_native_version(settings.native));
  if (!settings.fingerprint.empty()) {
    const auto fingerprint = parse_hex_array<32>(settings.fingerprint);
    if (!fingerprint) return fail(Code::invalid_argument, "--fingerprint is 64 hexadecimal digits");
    facts.fingerprint = *fingerprint;
  }
  facts.locale = settings.locale;
  facts.labels = settings.labels;
  return facts;
}

Result<release::KeyRing> read_ring(const std::vector<std::string>& files) {
  release::KeyRing ring;
  for (const std::string& file : files) {
    const auto text = read_file(file, protocol::limits::key_text_file_bytes);
    if (!text) return fail(text.error().code, "the content key's file");
    TRY(release::ContentKey key, publish::parse_content_key(as_text(*text)));
    ring.content_keys.push_back(std::move(key));
  }
  return ring;
}

}  // namespace

Result<UpdateSettings> DeviceAccess::find_settings() const {
  if (flags.dir.empty()) return fail(Code::invalid_argument, "--dir names the device's folder");
  auto kept = load_settings(flags.dir);
  if (!kept && kept.error().code != Code::not_found) return tl::unexpected(std::move(kept).error());
  UpdateSettings before = std::move(kept).value_or(UpdateSettings{});
  if (!before.app.empty() && !flags.given.app.empty() && flags.given.app != before.app)
    return fail(Code::conflict, "the folder is a device with another app");
  return before;
}

Status DeviceAccess::choose_settings() {
  TRY(const UpdateSettings before, find_settings());
  const UpdateSettings& given = flags.given;
  settings_ = before;
  take(settings_.app, given.app);
  take(settings_.repository, given.repository);
  if (!flags.server.empty()) settings_.repository = flags.server + "/updates/" + settings_.app;
  while (settings_.repository.ends_with('/')) settings_.repository.pop_back();
  take(settings_.root, absolute(given.root));
  take(settings_.built_in, absolute(given.built_in));
  if (flags.built_in_sequence) settings_.built_in_sequence = *flags.built_in_sequence;
  std::vector<std::string> keys;
  for (const std::string& file : given.content_keys) keys.push_back(absolute(file));
  take(settings_.content_keys, keys);
  take(settings_.ca_file, absolute(given.ca_file));
  take(settings_.channel, given.channel);
  take(settings_.vault, absolute(given.vault));
  take(settings_.platform, given.platform);
  take(settings_.os, given.os);
  take(settings_.native, given.native);
  take(settings_.fingerprint, given.fingerprint);
  take(settings_.locale, given.locale);
  take(settings_.labels, given.labels);
  TRY_DO(check_complete(settings_));
  TRY_DO(facts_of(settings_));  // nothing is remembered that could not be used
  return settings_ == before ? Status() : save_settings(flags.dir, settings_);
}

Result<update::BuiltInBundle> DeviceAccess::open_built_in() {
  if (settings_.built_in.empty()) return update::make_built_in_page(no_bundle_page);
  return update::open_built_in_folder(settings_.built_in, settings_.built_in_sequence);
}

Result<update::EngineConfig> DeviceAccess::make_config(const EngineRules& rules) {
  update::EngineConfig config;
  config.app = settings_.app;
  config.base_url = settings_.repository;
  const auto root = read_file(settings_.root, protocol::limits::tuf_root_bytes);
  if (!root) return fail(root.error().code, "the root that ships with the app (--root)");
  config.root = Bytes(root->begin(), root->end());
  TRY(config.device, facts_of(settings_));
  TRY(config.ring, read_ring(settings_.content_keys));
  config.mode = rules.mode;
  config.trial.ready_within = rules.ready_within;
  config.sends_reports = rules.sends_reports;
  return config;
}

Status DeviceAccess::open_vault() {
  if (settings_.vault.empty()) return {};
  vault_access_.flags.file = settings_.vault;
  TRY(vault_, vault_access_.open());
  const auto missed = [this](const Error& error) {
    console_.say("  the vault does not learn what this device learns: " + to_string(error));
  };
  floor_copy_ = std::make_unique<update::VaultFloorCopy>(*vault_, settings_.app, missed);
  return {};
}

Status DeviceAccess::open(const EngineRules& rules) {
  TRY_DO(choose_settings());
  TRY_DO(open_vault());
  TRY(update::EngineConfig config, make_config(rules));
  config.floor_copy = floor_copy_.get();
  if (!settings_.vault.empty()) {
    TRY(config.ring.recipient, update::find_vault_recipient(*vault_, settings_.app));
  }
  TRY(auto built_in, open_built_in());
  built_in_root_ = built_in.tree.root();
  http::CurlOptions options;
  // A server that knows no ranges sends objects whole.
  options.max_response_body_bytes = protocol::limits::object_bytes;
  if (!settings_.ca_file.empty()) options.ca_file = settings_.ca_file;
  TRY(client_, http::CurlClient::create(options));
  TRY(vfs_, update::open_posix_vfs(flags.dir));
  auto engine = update::Engine::open(*vfs_, std::move(built_in), *client_, clock_, std::move(config));
  if (!engine && engine.error().code == Code::busy)
    return fail(Code::busy, engine.error().detail + ": latchkey update status looks at it all the same");
  TRY(engine_, std::move(engine));
  return {};
}

Result<crypto::X25519Public> DeviceAccess::make_recipient() {
  TRY(const UpdateSettings before, find_settings());
  settings_ = before;
  take(settings_.app, flags.given.app);
  take(settings_.vault, absolute(flags.given.vault));
  if (settings_.vault.empty()) return make_folder_recipient();
  if (settings_.app.empty()) return fail(Code::invalid_argument, "a new device wants --app");
  TRY_DO(release::check_app_id(settings_.app));
  TRY_DO(open_vault());
  TRY(const auto key, update::open_vault_recipient(*vault_, settings_.app));
  if (settings_ != before) TRY_DO(save_settings(flags.dir, settings_));
  return key.public_key();
}

Result<crypto::X25519Public> DeviceAccess::make_folder_recipient() {
  TRY_DO(create_private_folder(flags.dir));
  TRY(vfs_, update::open_posix_vfs(flags.dir));
  TRY(const auto found, update::find_device_recipient(*vfs_));
  if (found) return found->public_key();
  TRY(const auto lock, vfs_->lock());
  TRY(const auto key, update::open_device_recipient(*vfs_));
  return key.public_key();
}

std::vector<update::TreeRoot> DeviceAccess::trees() const {
  std::vector<update::TreeRoot> trees{built_in_root_};
  const update::State state = engine_->state();
  for (const auto* record : {&state.current, &state.previous, &state.staged})
    if (*record) trees.push_back((*record)->root);
  return trees;
}

Result<std::optional<DeviceAccess::Look>> DeviceAccess::look() {
  if (flags.dir.empty()) return fail(Code::invalid_argument, "--dir names the device's folder");
  std::error_code error;
  if (!fs::exists(fs::path(flags.dir) / "device", error)) return std::nullopt;
  if (auto kept = load_settings(flags.dir)) settings_ = *std::move(kept);
  TRY(vfs_, update::open_posix_vfs(flags.dir));
  TRY(const auto secrets, update::find_device_secrets(*vfs_));
  if (!secrets) return fail(Code::storage_corrupted, "the device's keys; the next start begins it anew");
  TRY(const auto slots, update::StateSlots::load(*vfs_, secrets->state_key));
  Look look{slots.state(), secrets->id, {}};
  if (const auto text = read_file(check_file(flags.dir), protocol::limits::check_file_bytes)) {
    const std::string_view line = as_text(*text);
    if (protocol::json::parse_object(line)) look.last_check = std::string(line.substr(0, line.find('\n')));
  }
  return look;
}

Status DeviceAccess::note_check(const update::CheckOutcome& outcome, const std::optional<Error>& error) {
  std::string text;
  update::web::Writer writer(text);
  writer.begin_object().member("at", release::print_utc_time(clock_.now())).key("check");
  update::web::write_outcome(writer, outcome);
  if (error) writer.member("error", name_of(error->code)).member("detail", error->detail);
  writer.end_object();
  return write_file_atomically(check_file(flags.dir), as_bytes(text + "\n"));
}

}  // namespace latchkey::app
