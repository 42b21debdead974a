// Reads one request after another from checked bytes with Boost.Beast's parser, straight into a Request: no field is
// copied twice, and everything lies in wiping memory. A request is accepted only when our checks and the parser agree.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <tl/expected.hpp>

#include "http/message.h"
#include "http/server/head_check.h"

namespace latchkey::http {

class RequestParser final {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Begins a request: fills method, path, query and headers of `request`, which must be empty and stay until the body
  // is complete. `head` is what check_head() made of `raw_head`. Refuses: 413 when the body is announced larger than
  // `body_limit`; 400 when Beast reads the head differently.
  tl::expected<void, Refusal> begin(const Head& head, std::string_view raw_head, std::size_t body_limit,
                                    Request& request);

  // Takes body bytes from the front of `received`, which must begin with the bytes not taken before. Gives how many
  // were taken; they go to the request's sink if it has got one since begin(). Refuses: 400 for bad chunk framing, 413
  // past the limit, 507 and 500 when the sink fails.
  tl::expected<std::size_t, Refusal> feed(std::string_view received);
  bool is_done() const;

 private:
  class Parser;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace latchkey::http
