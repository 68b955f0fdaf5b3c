#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace thalweg {
inline namespace base {

/// What went wrong, coarse enough to act on. The slug (a stable text such as "unknown-column") is
/// finer.
enum class Code {
  kInvalid,      ///< the input is wrong: a file, an option, a statement, a value
  kNotFound,     ///< a thing that was named does not exist
  kExists,       ///< it exists already, and must not
  kConflict,     ///< somebody else holds or changed it
  kCancelled,    ///< a stop was requested
  kTimeout,      ///< a limit of time was reached
  kIo,           ///< a file, disk or network failed
  kDiskFull,     ///< no space left
  kOutOfMemory,  ///< a memory budget was reached
  kCorrupt,      ///< stored bytes are not what was written
  kUnsupported,  ///< valid, but this version cannot do it
  kRefused,      ///< forbidden by policy: a statement that writes, a network file system ...
  kInternal,     ///< a bug of ours
};

/// Who has to act.
enum class Fault { kUser, kExternal, kResource, kBug };

std::string_view ToString(Code code);
std::string_view ToString(Fault fault);

/// A place in a text file that a person wrote. Lines and columns count from 1, columns in Unicode
/// code points; `length` is in code points, on the first line only. Line 0 means "the file as a
/// whole".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 0;
};

/// The outcome of an operation: one pointer, null when fine. Copying shares the payload.
/// Message: static text first, then name=value; it ends with what to do, unless `hint` says it.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message);
  Status(Code code, Fault fault, std::string message);

  static Status Ok() { return {}; }
  static Status Invalid(std::string message) { return {Code::kInvalid, std::move(message)}; }
  static Status NotFound(std::string message) { return {Code::kNotFound, std::move(message)}; }
  static Status Io(std::string message) { return {Code::kIo, std::move(message)}; }
  static Status Internal(std::string message) { return {Code::kInternal, std::move(message)}; }
  static Status Unsupported(std::string message) {
    return {Code::kUnsupported, std::move(message)};
  }
  static Status Cancelled(std::string message) { return {Code::kCancelled, std::move(message)}; }
  /// From errno, with what was attempted: "cannot open path=...: No such file". ENOSPC and EDQUOT
  /// give kDiskFull.
  static Status FromErrno(int error, std::string what);

  bool ok() const { return payload_ == nullptr; }
  explicit operator bool() const { return ok(); }

  Code code() const;    ///< only when !ok()
  Fault fault() const;  ///< only when !ok()
  bool retryable() const { return payload_ && payload_->retryable; }
  const std::string& message() const;
  /// Stable identifier shown as error[slug]; defaults to a slug derived from the code.
  const std::string& slug() const;
  const std::string& hint() const;
  const std::optional<Place>& place() const;
  /// The failure that led to this one; OK when there is none.
  Status cause() const;

  // Each returns a changed copy; all are no-ops on OK.
  Status WithSlug(std::string slug) const;
  Status WithHint(std::string hint) const;
  Status WithPlace(Place place) const;
  Status WithCause(const Status& cause) const;
  Status WithFault(Fault fault) const;
  Status Retryable() const;
  /// Puts "prefix: " in front of the message.
  Status Annotate(std::string_view prefix) const;

  /// "invalid: message (cause ...)", for logs and tests; people see diagnostics instead.
  std::string ToString() const;

 private:
  struct Payload {
    Code code = Code::kInternal;
    Fault fault = Fault::kBug;
    bool retryable = false;
    std::string slug, message, hint;
    std::optional<Place> place;
    std::shared_ptr<const Payload> cause;
  };
  template <typename F>
  Status Changed(F&& change) const;
  std::shared_ptr<const Payload> payload_;
};

std::ostream& operator<<(std::ostream& out, const Status& status);

/// Ends the process with exit code 70 and a text: a broken invariant, never a user's mistake.
[[noreturn]] void Abort(const char* file, int line, std::string_view what);

/// A value, or why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  // NOLINTBEGIN(google-explicit-constructor): a function returns its value or its Status as it is.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {
    if (std::get<1>(state_).ok()) Abort(__FILE__, __LINE__, "a Result was made from an OK status");
  }
  template <typename U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::decay_t<U>, T> &&
           !std::is_same_v<std::decay_t<U>, Status> && !std::is_same_v<std::decay_t<U>, Result>)
      Result(U&& value)
      : state_(std::in_place_index<0>, T(std::forward<U>(value))) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  Status status() const& { return ok() ? Status() : std::get<1>(state_); }

  T& value() & { return Checked(), std::get<0>(state_); }
  const T& value() const& { return Checked(), std::get<0>(state_); }
  // By value, so that `for (auto& x : F().value())` keeps what it walks over.
  T value() && { return Checked(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) && { return ok() ? std::get<0>(std::move(state_)) : std::move(other); }

 private:
  void Checked() const {
    if (!ok()) Abort(__FILE__, __LINE__, std::get<1>(state_).ToString());
  }
  std::variant<T, Status> state_;
};

#define TW_CONCAT_(a, b) a##b
#define TW_CONCAT(a, b) TW_CONCAT_(a, b)

/// Returns from the enclosing function when the expression (a Status) is not OK.
#define TW_RETURN_IF_ERROR(expr)           \
  do {                                     \
    ::thalweg::Status tw_status_ = (expr); \
    if (!tw_status_.ok()) [[unlikely]]     \
      return tw_status_;                   \
  } while (false)

/// TW_ASSIGN_OR_RETURN(auto x, F()): unwraps a Result or returns its Status.
#define TW_ASSIGN_OR_RETURN(lhs, expr) \
  TW_ASSIGN_OR_RETURN_(TW_CONCAT(tw_result_, __COUNTER__), lhs, expr)
#define TW_ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                         \
  if (!tmp.ok()) [[unlikely]]                \
    return tmp.status();                     \
  lhs = std::move(tmp).value()

/// An invariant of ours. Stays on in every build.
#define TW_CHECK(condition)                             \
  do {                                                  \
    if (!(condition)) [[unlikely]]                      \
      ::thalweg::Abort(__FILE__, __LINE__, #condition); \
  } while (false)

}  // namespace base
}  // namespace thalweg
