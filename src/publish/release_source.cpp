#include "publish/release_source.h"

#include "base/atomic_file.h"

namespace latchkey::publish {
namespace {

class FolderSource final : public ReleaseSource {
 public:
  explicit FolderSource(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::optional<Bytes>> fetch(const std::string& name, std::uint64_t max_bytes) override {
    const auto file = read_file(folder_ / name, static_cast<std::size_t>(max_bytes));
    if (file) return std::optional(Bytes(file->begin(), file->end()));
    if (file.error().code == Code::not_found) return std::nullopt;
    return tl::unexpected(file.error());
  }

 private:
  std::filesystem::path folder_;
};

class WebSource final : public ReleaseSource {
 public:
  WebSource(std::string base, http::Client& client) : base_(std::move(base)), client_(client) {
    if (!base_.ends_with('/')) base_ += '/';
  }

  Result<std::optional<Bytes>> fetch(const std::string& name, std::uint64_t max_bytes) override {
    http::Request request;
    request.url = base_ + name;
    TRY(const http::Response response, client_.send(request));
    // TUF 1.0.34 section 5.3.3: a host may answer 403 for what is not there.
    if (response.status == 404 || response.status == 403) return std::nullopt;
    if (response.status >= 500) return fail(Code::server_error, std::to_string(response.status));
    if (response.status != 200) return fail(Code::protocol_violation, "status " + std::to_string(response.status));
    const ByteView body = as_bytes(response.body_text());
    if (body.size() > max_bytes) return fail(Code::input_too_large, "a file of the release");
    return std::optional(Bytes(body.begin(), body.end()));
  }

 private:
  std::string base_;
  http::Client& client_;
};

}  // namespace

std::unique_ptr<ReleaseSource> open_folder_source(std::filesystem::path folder) {
  return std::make_unique<FolderSource>(std::move(folder));
}
std::unique_ptr<ReleaseSource> open_web_source(std::string base_url, http::Client& client) {
  return std::make_unique<WebSource>(std::move(base_url), client);
}

}  // namespace latchkey::publish
