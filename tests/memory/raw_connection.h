// One connection to a server that is looked into, kept open, in plain text or over TLS: whole requests for a Browser,
// and bytes for requests that stop halfway. Certificates are not checked.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "http/client.h"

namespace latchkey::memory_test {

class RawConnection final : public http::Client {
 public:
  RawConnection(int port, std::string host, bool is_tls) : host_(std::move(host)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
    if (!is_tls) return;
    context_ = SSL_CTX_new(TLS_client_method());
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, socket_);
    if (SSL_connect(tls_) != 1) std::abort();
  }
  ~RawConnection() override {
    SSL_free(tls_);
    SSL_CTX_free(context_);
    ::close(socket_);
  }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  using http::Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    const std::string_view url = request.url;
    std::string text(http::name_of(request.method));
    text.append(" ").append(url.substr(url.find('/', url.find("//") + 2))).append(" HTTP/1.1\r\n");
    text.append("Host: ").append(host_).append("\r\n");
    for (const auto field : request.headers) text.append(field.name).append(": ").append(field.value).append("\r\n");
    if (!request.body.empty())
      text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    write(text.append("\r\n").append(request.body));
    return read_response();
  }

  void write(std::string_view text) {
    const int size = static_cast<int>(text.size());
    const auto written =
        tls_ != nullptr ? SSL_write(tls_, text.data(), size) : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (written != size) std::abort();
  }

  Result<http::Response> read_response() {
    std::string text;
    std::size_t head = 0;
    while ((head = text.find("\r\n\r\n")) == text.npos)
      if (!read_more(text)) return fail(Code::network_unreachable);
    http::Response response;
    response.status = std::atoi(text.c_str() + text.find(' '));
    for (std::size_t at = text.find("\r\n") + 2; at < head;) {
      const std::size_t end = text.find("\r\n", at), colon = text.find(": ", at);
      response.headers.add(std::string_view(text).substr(at, colon - at),
                           std::string_view(text).substr(colon + 2, end - colon - 2));
      at = end + 2;
    }
    const auto length = response.headers.find("content-length");
    const std::size_t size = length ? std::strtoul(std::string(*length).c_str(), nullptr, 10) : 0;
    while (text.size() < head + 4 + size)
      if (!read_more(text)) return fail(Code::network_unreachable);
    response.body = WipedString(std::string_view(text).substr(head + 4));
    return response;
  }

 private:
  bool read_more(std::string& text) {
    char buffer[4096];
    const auto count =
        tls_ != nullptr ? SSL_read(tls_, buffer, sizeof buffer) : ::recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  std::string host_;
  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* tls_ = nullptr;
};

}  // namespace latchkey::memory_test
