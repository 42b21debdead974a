// Something that can be called, and that somebody else keeps: a parameter for a step of the caller's. std::function
// would copy what does not fit into two words, which is a closure of three references.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>

namespace latchkey {

template <class Signature>
class FunctionRef;

// A parameter only, never kept or returned: what is called lives as long as the call that it is passed to. A function
// will do as well as an object.
template <class Answer, class... Arguments>
class FunctionRef<Answer(Arguments...)> final {
 public:
  template <class Callable>
    requires(!std::same_as<std::remove_cvref_t<Callable>, FunctionRef> &&
             std::is_invocable_r_v<Answer, Callable&, Arguments...>)
  FunctionRef(Callable&& callable)  // NOLINT(google-explicit-constructor, bugprone-forwarding-reference-overload)
      : callable_(const_cast<void*>(reinterpret_cast<const volatile void*>(std::addressof(callable)))),
        call_([](void* kept, Arguments... arguments) -> Answer {
          return std::invoke(*reinterpret_cast<std::remove_reference_t<Callable>*>(kept),
                             std::forward<Arguments>(arguments)...);
        }) {}

  Answer operator()(Arguments... arguments) const { return call_(callable_, std::forward<Arguments>(arguments)...); }

 private:
  void* callable_;
  Answer (*call_)(void*, Arguments...);
};

}  // namespace latchkey
