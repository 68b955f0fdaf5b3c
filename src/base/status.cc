#include "base/status.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace thalweg {
inline namespace base {
namespace {

constexpr int kExitBug = 70;

Fault DefaultFault(Code code) {
  switch (code) {
    case Code::kInvalid:
    case Code::kNotFound:
    case Code::kExists:
    case Code::kConflict:
    case Code::kCancelled:
    case Code::kUnsupported:
    case Code::kRefused:
      return Fault::kUser;
    case Code::kTimeout:
    case Code::kIo:
    case Code::kCorrupt:
      return Fault::kExternal;
    case Code::kDiskFull:
    case Code::kOutOfMemory:
      return Fault::kResource;
    case Code::kInternal:
      return Fault::kBug;
  }
  return Fault::kBug;
}

struct ErrnoMeaning {
  Code code;
  Fault fault;
  bool retryable = false;
  const char* hint = "";
};

ErrnoMeaning MeaningOf(int error) {
  switch (error) {
    case ENOENT:
      return {Code::kNotFound, Fault::kUser};
    case EEXIST:
    case ENOTEMPTY:
      return {Code::kExists, Fault::kUser};
    case EACCES:
    case EPERM:
      return {Code::kIo, Fault::kUser, false, "check the owner and the permissions"};
    case EROFS:
      return {Code::kIo, Fault::kUser, false,
              "the file system is read-only: use another directory"};
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return {Code::kInvalid, Fault::kUser};
    case ENOSPC:
    case EDQUOT:
      return {Code::kDiskFull, Fault::kResource, false, "free some space, then try again"};
    case EFBIG:
      return {Code::kDiskFull, Fault::kResource, false,
              "raise the limit of a file's size (ulimit -f)"};
    case ENOMEM:
      return {Code::kOutOfMemory, Fault::kResource};
    case EMFILE:
    case ENFILE:
      return {Code::kIo, Fault::kResource, true, "raise the limit of open files (ulimit -n)"};
    case EINTR:
    case EAGAIN:
    case EBUSY:
    case ETXTBSY:
      return {Code::kIo, Fault::kExternal, true};
    case ETIMEDOUT:
      return {Code::kTimeout, Fault::kExternal, true};
    case ECANCELED:
      return {Code::kCancelled, Fault::kUser};
    case EXDEV:
    case ENOSYS:
    case EOPNOTSUPP:
      return {Code::kUnsupported, Fault::kUser};
    default:
      return {Code::kIo, Fault::kExternal};
  }
}

const std::string& EmptyString() {
  static const std::string empty;
  return empty;
}

}  // namespace

std::string_view ToString(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "invalid";
    case Code::kNotFound:
      return "not-found";
    case Code::kExists:
      return "exists";
    case Code::kConflict:
      return "conflict";
    case Code::kCancelled:
      return "cancelled";
    case Code::kTimeout:
      return "timeout";
    case Code::kIo:
      return "io";
    case Code::kDiskFull:
      return "disk-full";
    case Code::kOutOfMemory:
      return "out-of-memory";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kRefused:
      return "refused";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

std::string_view ToString(Fault fault) {
  switch (fault) {
    case Fault::kUser:
      return "user";
    case Fault::kExternal:
      return "external";
    case Fault::kResource:
      return "resource";
    case Fault::kBug:
      return "bug";
  }
  return "bug";
}

Status::Status(Code code, std::string message)
    : Status(code, DefaultFault(code), std::move(message)) {}

Status::Status(Code code, Fault fault, std::string message) {
  auto payload = std::make_shared<Payload>();
  payload->code = code;
  payload->fault = fault;
  payload->slug = std::string(thalweg::ToString(code));
  payload->message = std::move(message);
  payload_ = std::move(payload);
}

Status Status::FromErrno(int error, std::string what) {
  const ErrnoMeaning meaning = MeaningOf(error);
  what += ": ";
  what += std::generic_category().message(error);
  Status status(meaning.code, meaning.fault, std::move(what));
  if (meaning.retryable) status = status.Retryable();
  if (*meaning.hint != '\0') status = status.WithHint(meaning.hint);
  return status;
}

Code Status::code() const {
  TW_CHECK(!ok());
  return payload_->code;
}

Fault Status::fault() const {
  TW_CHECK(!ok());
  return payload_->fault;
}

const std::string& Status::message() const {
  return ok() ? EmptyString() : payload_->message;
}
const std::string& Status::slug() const {
  return ok() ? EmptyString() : payload_->slug;
}
const std::string& Status::hint() const {
  return ok() ? EmptyString() : payload_->hint;
}

const std::optional<Place>& Status::place() const {
  static const std::optional<Place> none;
  return ok() ? none : payload_->place;
}

Status Status::cause() const {
  Status cause;
  if (payload_) cause.payload_ = payload_->cause;
  return cause;
}

template <typename F>
Status Status::Changed(F&& change) const {
  if (ok()) return *this;
  auto payload = std::make_shared<Payload>(*payload_);
  change(*payload);
  Status changed;
  changed.payload_ = std::move(payload);
  return changed;
}

Status Status::WithSlug(std::string slug) const {
  return Changed([&](Payload& payload) { payload.slug = std::move(slug); });
}

Status Status::WithHint(std::string hint) const {
  return Changed([&](Payload& payload) { payload.hint = std::move(hint); });
}

Status Status::WithPlace(Place place) const {
  return Changed([&](Payload& payload) { payload.place = std::move(place); });
}

Status Status::WithCause(const Status& cause) const {
  return Changed([&](Payload& payload) { payload.cause = cause.payload_; });
}

Status Status::WithFault(Fault fault) const {
  return Changed([&](Payload& payload) { payload.fault = fault; });
}

Status Status::Retryable() const {
  return Changed([](Payload& payload) { payload.retryable = true; });
}

Status Status::Annotate(std::string_view prefix) const {
  return Changed(
      [&](Payload& payload) { payload.message = std::string(prefix) + ": " + payload.message; });
}

std::string Status::ToString() const {
  if (ok()) return "ok";
  std::string text = slug() + ": " + message();
  if (const auto& where = place()) {
    text += " (at " + where->file;
    if (where->line > 0) {
      text += ":" + std::to_string(where->line) + ":" + std::to_string(where->column);
    }
    text += ")";
  }
  if (!hint().empty()) text += " (hint: " + hint() + ")";
  if (const Status because = cause(); !because.ok()) text += " (cause: " + because.ToString() + ")";
  return text;
}

std::ostream& operator<<(std::ostream& out, const Status& status) {
  return out << status.ToString();
}

void Abort(const char* file, int line, std::string_view what) {
  std::fprintf(stderr,
               "thalweg: internal error at %s:%d: %.*s\n"
               "This is a bug of thalweg. Please report it with this text.\n",
               file, line, static_cast<int>(what.size()), what.data());
  std::_Exit(kExitBug);
}

}  // namespace base
}  // namespace thalweg
