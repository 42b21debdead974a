// latchkey doctor: what this machine and data folder offer, and what is wrong with them. Changes nothing.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "apps/latchkey/commands.h"
#include "apps/latchkey/identity_data.h"
#include "base/atomic_file.h"
#include "base/locked_pages.h"
#include "crypto/library_version.h"
#include "identity/audit_log.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "vault/device_survey.h"
#include "vault/vault_file.h"

namespace latchkey::app {

namespace {

enum class Verdict { fine, weak, absent, wrong };
std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::fine:
      return "ok";
    case Verdict::weak:
      return "weak";
    case Verdict::absent:
      return "absent";
    case Verdict::wrong:
      return "wrong";
  }
  return "";
}

struct Finding {
  std::string_view check;
  Verdict verdict;
  std::string sentence;                        // what is there; what to do when it is not fine
  std::optional<std::string_view> level = {};  // of what opens vaults or recognises the user; empty: not usable
};

struct DoctorFlags {
  ConfigFlags config;
  vault::DeviceSurveyOptions devices;
};

// A private file or folder: ours, and nobody else may read it.
Finding check_private(std::string_view check, const std::filesystem::path& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0)
    return {check, Verdict::fine, "not there yet; the first start of latchkey serve makes it"};
  if (S_ISLNK(found.st_mode)) return {check, Verdict::wrong, "it is a symbolic link; put the real one there"};
  if (found.st_uid != ::geteuid()) return {check, Verdict::wrong, "it belongs to another user; chown it"};
  if ((found.st_mode & 077U) != 0) return {check, Verdict::wrong, "others may read it; chmod go-rwx"};
  return {check, Verdict::fine, "private"};
}

Finding check_memory() {
  using SomeSecret = Secret<struct DoctorTag>;
  const SomeSecret probe = SomeSecret::zeroed(64);
  const auto arena = locked_pages::arena_status();
  if (arena.unlocked_bytes != 0)
    return {"memory", Verdict::weak,
            "secrets cannot be locked in memory; raise the limit (ulimit -l, LimitMEMLOCK=64M)"};
  return {"memory", Verdict::fine,
          arena.secret_memory ? "locked, and hidden from other processes (memfd_secret)" : "locked"};
}

Finding check_core_dumps() {
  using SomeSecret = Secret<struct DoctorTag>;
  const SomeSecret probe = SomeSecret::zeroed(64);
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  if (limit.rlim_cur == 0) return {"core dumps", Verdict::fine, "off"};
  if (locked_pages::arena_status().dumpable_bytes != 0)
    return {"core dumps", Verdict::weak,
            "on, and the kernel does not keep secrets out of them; switch them off (ulimit -c 0, LimitCORE=0)"};
  return {"core dumps", Verdict::fine, "on; secrets are kept out of them (MADV_DONTDUMP)"};
}

Finding check_openssl() { return {"OpenSSL", Verdict::fine, crypto::openssl_version()}; }

// Tokens, DPoP proofs and certificates are judged by the clock.
Finding check_clock() {
  constexpr std::int64_t built_after = 1'760'000'000;
  if (to_unix_seconds(SystemClock().now()) < built_after)
    return {"clock", Verdict::wrong, "it is years behind; set it and switch on time synchronisation"};
  timex state{};
  const bool is_synchronised = ::adjtimex(&state) != -1 && (static_cast<unsigned>(state.status) & STA_UNSYNC) == 0;
  if (!is_synchronised) return {"clock", Verdict::weak, "not synchronised, as far as the kernel knows; check NTP"};
  return {"clock", Verdict::fine, "synchronised"};
}

// Where libsecret would look for the Secret Service.
Finding check_secret_service() {
  const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS");  // NOLINT(concurrency-mt-unsafe)
  const std::filesystem::path bus = "/run/user/" + std::to_string(::getuid()) + "/bus";
  if (address != nullptr || std::filesystem::exists(bus))
    return {"secret service", Verdict::fine, "a session bus is there"};
  return {"secret service", Verdict::weak,
          "no session bus: the desktop's keyring cannot open vaults here; passcodes and other slots can"};
}

Finding check_tls_file(std::string_view check, const std::filesystem::path& path, std::string_view wanted) {
  const auto text = read_file(path, protocol::limits::pem_file_bytes);
  if (!text) return {check, Verdict::wrong, "cannot be read: " + std::string(sentence_of(text.error().code))};
  if (as_text(*text).find(wanted) == std::string_view::npos)
    return {check, Verdict::wrong, "is not a PEM file of that kind"};
  return {check, Verdict::fine, "readable"};
}

// Recomputes the chain of hashes; asks only a database that is there.
Finding check_audit_log(const identity::Config& config) {
  constexpr std::string_view check = "audit log";
  const bool is_there = std::filesystem::exists(config.database.empty() ? config.data / "latchkey.db" : config.data);
  if (!is_there) return {check, Verdict::fine, "not there yet"};
  const auto db = connect_database(config);
  if (!db) return {check, Verdict::wrong, "the database cannot be opened: " + to_string(db.error())};
  const Status verified = (*db)->read([](sql::Transaction& tx) { return identity::verify_audit_log(tx); }).get();
  (*db)->stop();
  if (!verified) return {check, Verdict::wrong, to_string(verified.error())};
  return {check, Verdict::fine, "every record follows from the one before"};
}

// Not having one is no mistake: vaults open with a passcode, too.
void add_devices(std::vector<Finding>& findings, const vault::DeviceSurveyOptions& options) {
  const SystemClock clock;
  const auto presences = vault::make_presences(clock);
  for (const vault::DeviceOffer& offer : vault::survey_device(options, presences))
    findings.push_back({offer.name, offer.is_usable ? Verdict::fine : Verdict::absent, offer.sentence, offer.level});
}

std::vector<Finding> examine(const DoctorFlags& flags) {
  std::vector<Finding> findings{check_openssl(), check_memory(), check_core_dumps(), check_clock(),
                                check_secret_service()};
  add_devices(findings, flags.devices);
  const auto config = load_config(flags.config);
  if (!config) {
    findings.push_back({"configuration", Verdict::wrong, config.error().detail});
    return findings;
  }
  findings.push_back({"configuration", Verdict::fine, "complete; issuer " + config->issuer});
  findings.push_back(check_private("data folder", config->data));
  findings.push_back(check_private("key-encryption key", config->data / "kek"));
  if (config->database.empty()) findings.push_back(check_private("database", config->data / "latchkey.db"));
  findings.push_back(check_audit_log(*config));
  if (config->tls) {
    findings.push_back(check_tls_file("TLS certificate", config->tls->certificate, "BEGIN CERTIFICATE"));
    findings.push_back(check_tls_file("TLS key", config->tls->key, "PRIVATE KEY"));
    findings.push_back(check_private("TLS key mode", config->tls->key));
  }
  return findings;
}

void report(Console& console, const Finding& finding) {
  const std::string verdict(name_of(finding.verdict));
  const bool is_good = finding.verdict == Verdict::fine;
  const bool is_absent = finding.verdict == Verdict::absent;
  const std::string mark = is_good ? console.green(verdict) : is_absent ? console.dim(verdict) : console.red(verdict);
  std::string human = mark + "  " + std::string(finding.check) + ": " + finding.sentence;
  if (finding.level && !finding.level->empty()) human.append(" (").append(*finding.level).append(")");
  std::string json;
  protocol::json::Writer writer(json);
  writer.begin_object().member("check", finding.check).member("verdict", verdict).member("message", finding.sentence);
  writer.member("level", finding.level).end_object();
  console.result(human, json);
}

Status diagnose(Console& console, const DoctorFlags& flags) {
  bool is_wrong = false;
  for (const Finding& finding : examine(flags)) {
    is_wrong = is_wrong || finding.verdict == Verdict::wrong;
    report(console, finding);
  }
  if (is_wrong) return fail(Code::configuration_invalid, "see the lines marked wrong");
  return {};
}

}  // namespace

void add_doctor(CLI::App& app, Console& console) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* command =
      app.add_subcommand("doctor", "Check this machine, the configuration and the data folder; changes nothing");
  add_data_flags(*command, flags->config);
  add_server_flags(*command, flags->config);
  command->add_option("--tcti", flags->devices.tcti, "The TPM, as the TSS names it (default: the machine's own)");
  command->add_option("--module", flags->devices.pkcs11_module,
                      "A PKCS#11 module to look for tokens in: the absolute path of a library");
  command->callback([&console, flags] { console.finish(diagnose(console, *flags)); });
}

}  // namespace latchkey::app
