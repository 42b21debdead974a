#include "update/web/own_page.h"

namespace latchkey::update::web {
namespace {

std::string print_own_page(const OwnPage& page) {
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
                     std::string(page.title) +
                     "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n";
  if (!page.script.empty()) html.append("<script src=\"").append(page.script).append("\" defer></script>\n");
  html.append("</head>\n<body>\n<main>\n<h1>").append(page.title).append("</h1>\n").append(page.content);
  return html.append("\n</main>\n</body>\n</html>\n");
}

}  // namespace

http::Response answer_page(int status, const OwnPage& page) {
  http::Response response = http::text_response(status, "text/html; charset=utf-8", WipedString(print_own_page(page)));
  std::string policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  if (!page.script.empty()) policy += "; script-src 'self'; connect-src 'self'";
  response.headers.set("Content-Security-Policy", policy);
  return response;
}

http::Response answer_error_page(int status, std::string_view title, std::string_view sentence) {
  const std::string content = "<p>" + std::string(sentence) +
                              "</p>\n<ul>\n<li><a href=\"\">Load this page again</a></li>\n"
                              "<li><a href=\"/\">Go to the start</a></li>\n</ul>";
  return answer_page(status, {.title = title, .content = content});
}

}  // namespace latchkey::update::web
