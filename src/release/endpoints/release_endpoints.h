// The routes of the release service (docs/guides/release-server.md lists them). Publishers' calls carry an API key;
// devices' carry nothing.
#pragma once

#include <memory>

#include "http/server/router.h"
#include "release/endpoints/release_service.h"

namespace latchkey::release {

void add_release_endpoints(http::Router& router, std::shared_ptr<ReleaseService> service);

// One file each.
using Answer = http::Task<http::Response>;
Answer create_app_answer(ReleaseService& service, const http::Request& request);    // POST /v1/apps
Answer list_apps_answer(ReleaseService& service, const http::Request& request);     // GET /v1/apps
Answer show_app(ReleaseService& service, const http::Request& request);             // GET /v1/apps/{app}
Answer create_key(ReleaseService& service, const http::Request& request);           // POST /v1/apps/{app}/api-keys
Answer list_keys(ReleaseService& service, const http::Request& request);            // GET /v1/apps/{app}/api-keys
Answer delete_key(ReleaseService& service, const http::Request& request);           // DELETE .../api-keys/{id}
Answer take_metadata_files(ReleaseService& service, const http::Request& request);  // POST /v1/apps/{app}/metadata
http::Task<http::SinkOrAnswer> open_object(ReleaseService& service, const http::Request& request);
Answer store_object(ReleaseService& service, const http::Request& request);   // PUT /v1/apps/{app}/objects/{sha256}
Answer show_object(ReleaseService& service, const http::Request& request);    // HEAD
Answer list_channels(ReleaseService& service, const http::Request& request);  // GET /v1/apps/{app}/channels
Answer show_channel(ReleaseService& service, const http::Request& request);   // GET .../channels/{channel}
Answer publish(ReleaseService& service, const http::Request& request);        // POST .../{channel}/releases
Answer list_channel_releases(ReleaseService& service, const http::Request& request);  // GET
Answer list_channel_bases(ReleaseService& service, const http::Request& request);     // GET .../{channel}/bases
Answer set_rollout(ReleaseService& service, const http::Request& request);            // POST .../rollout {release,bps}
Answer pause(ReleaseService& service, const http::Request& request);                  // POST .../pause {release,reason}
Answer resume(ReleaseService& service, const http::Request& request);                 // POST .../resume {release}
Answer halt(ReleaseService& service, const http::Request& request);                   // POST .../halt {release,reason}
Answer send_file(ReleaseService& service, const http::Request& request);              // GET /updates/{app}/{path...}
Answer take_device_report(ReleaseService& service, const http::Request& request);     // POST /updates/{app}/reports

}  // namespace latchkey::release
