#include "release/endpoints/release_endpoints.h"

#include "protocol/limits.h"

namespace latchkey::release {
namespace {

using Endpoint = Answer (*)(ReleaseService&, const http::Request&);
using Service = std::shared_ptr<ReleaseService>;

http::Handler bind(const Service& service, Endpoint endpoint) {
  return [service, endpoint](const http::Request& request) { return endpoint(*service, request); };
}

void add_device_routes(http::Router& router, const Service& service) {
  http::RouteOptions for_devices{.cors = http::Cors::any_origin()};
  for_devices.cors.exposed_headers = "etag, retry-after";
  // One pattern for all: it is looked at for every request of every device.
  const std::string all = "/updates/{app}/{path...}";
  router.add_pattern(http::Method::get, all, bind(service, send_file), for_devices);
  router.add_pattern(http::Method::post, all, bind(service, take_device_report), for_devices);
}

void add_app_routes(http::Router& router, const Service& service) {
  using enum http::Method;
  router.add(post, "/v1/apps", bind(service, create_app_answer));
  router.add(get, "/v1/apps", bind(service, list_apps_answer));
  router.add_pattern(get, "/v1/apps/{app}", bind(service, show_app));
  router.add_pattern(post, "/v1/apps/{app}/api-keys", bind(service, create_key));
  router.add_pattern(get, "/v1/apps/{app}/api-keys", bind(service, list_keys));
  router.add_pattern(delete_, "/v1/apps/{app}/api-keys/{id}", bind(service, delete_key));
}

void add_publishing_routes(http::Router& router, const Service& service) {
  using enum http::Method;
  router.add_pattern(post, "/v1/apps/{app}/metadata", bind(service, take_metadata_files),
                     {.max_body_bytes = protocol::limits::metadata_body});
  const auto open = [service](const http::Request& request) { return open_object(*service, request); };
  router.add_pattern(put, "/v1/apps/{app}/objects/{hash}", bind(service, store_object),
                     {.max_body_bytes = protocol::limits::object_bytes, .cors = {}, .open_sink = open});
  router.add_pattern(head, "/v1/apps/{app}/objects/{hash}", bind(service, show_object));
  router.add_pattern(post, "/v1/apps/{app}/channels/{channel}/releases", bind(service, publish),
                     {.max_body_bytes = protocol::limits::publish_body});
}

void add_channel_routes(http::Router& router, const Service& service) {
  using enum http::Method;
  const std::string channel = "/v1/apps/{app}/channels/{channel}";
  router.add_pattern(get, "/v1/apps/{app}/channels", bind(service, list_channels));
  router.add_pattern(get, channel, bind(service, show_channel));
  router.add_pattern(get, channel + "/releases", bind(service, list_channel_releases));
  router.add_pattern(get, channel + "/bases", bind(service, list_channel_bases));
  router.add_pattern(post, channel + "/rollout", bind(service, set_rollout));
  router.add_pattern(post, channel + "/pause", bind(service, pause));
  router.add_pattern(post, channel + "/resume", bind(service, resume));
  router.add_pattern(post, channel + "/halt", bind(service, halt));
}

}  // namespace

void add_release_endpoints(http::Router& router, std::shared_ptr<ReleaseService> service) {
  add_device_routes(router, service);  // first: patterns are tried in this order, and devices ask most
  add_app_routes(router, service);
  add_publishing_routes(router, service);
  add_channel_routes(router, service);
}

}  // namespace latchkey::release
