#pragma once
// Errors as values: Result<T> is a subset of std::expected<T, Error>, so that C++23 can
// replace it. Only main() prints an Error; whoever makes one leaves no side effect
// behind.

#include "pxlaunch/base/exit_status.h"

#include <string>
#include <utility>
#include <variant>

namespace px {

struct Error {
    Exit exit = Exit::cannot_run;
    std::string what; // what failed, and why, in the user's words
    std::string hint; // what to do next; empty only if there is nothing to do
};

inline Error usage_error(std::string what, std::string hint = {}) {
    return {Exit::usage, std::move(what), std::move(hint)};
}
inline Error cannot_run(std::string what, std::string hint = {}) {
    return {Exit::cannot_run, std::move(what), std::move(hint)};
}

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }
    T &value() & { return std::get<0>(state_); }
    const T &value() const & { return std::get<0>(state_); }
    T &&value() && { return std::get<0>(std::move(state_)); }
    T &operator*() { return value(); }
    const T &operator*() const { return value(); }
    T *operator->() { return &value(); }
    const T *operator->() const { return &value(); }
    Error &error() & { return std::get<1>(state_); }
    const Error &error() const & { return std::get<1>(state_); }
    Error &&error() && { return std::get<1>(std::move(state_)); }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), failed_(true) {}

    [[nodiscard]] bool has_value() const { return !failed_; }
    explicit operator bool() const { return has_value(); }
    void value() const {}
    Error &error() & { return error_; }
    const Error &error() const & { return error_; }
    Error &&error() && { return std::move(error_); }

  private:
    Error error_;
    bool failed_ = false;
};

} // namespace px

// The value of a Result, or return its Error from the calling function:
//     auto port = PX_TRY(parse_port(text));
#define PX_TRY(...)                                                                      \
    __extension__({                                                                      \
        auto px_result_ = (__VA_ARGS__);                                                 \
        if (!px_result_) return std::move(px_result_).error();                           \
        std::move(px_result_).value();                                                   \
    })
