#include "data/arrow_status.h"

#include <exception>
#include <memory>
#include <new>
#include <string>

#include <arrow/status.h>
#include <arrow/util/io_util.h>
#include <fmt/format.h>
#include <parquet/exception.h>

namespace thalweg::data {
namespace {

constexpr char kDetailType[] = "thalweg::Status";

class OurStatus : public arrow::StatusDetail {
 public:
  explicit OurStatus(Status status) : status_(std::move(status)) {}
  const char* type_id() const override { return kDetailType; }
  std::string ToString() const override { return status_.ToString(); }
  const Status& status() const { return status_; }

 private:
  Status status_;
};

Code CodeOf(arrow::StatusCode code) {
  switch (code) {
    case arrow::StatusCode::OutOfMemory:
      return Code::kOutOfMemory;
    case arrow::StatusCode::Invalid:
    case arrow::StatusCode::CapacityError:
      return Code::kInvalid;
    case arrow::StatusCode::IOError:
      return Code::kIo;
    case arrow::StatusCode::Cancelled:
      return Code::kCancelled;
    case arrow::StatusCode::NotImplemented:
      return Code::kUnsupported;
    case arrow::StatusCode::SerializationError:
      return Code::kCorrupt;
    case arrow::StatusCode::AlreadyExists:
      return Code::kExists;
    default:
      return Code::kInternal;
  }
}

}  // namespace

bool CarriesOurStatus(const arrow::Status& status) {
  return status.detail() != nullptr && std::string_view(status.detail()->type_id()) == kDetailType;
}

Status FromArrowStatus(const arrow::Status& status, std::string_view what) {
  if (status.ok()) return Status::Ok();
  if (CarriesOurStatus(status)) {
    return static_cast<const OurStatus&>(*status.detail()).status().Annotate(what);
  }
  if (const int error = arrow::internal::ErrnoFromStatus(status); error != 0) {
    return Status::FromErrno(error, std::string(what));
  }
  return Status(CodeOf(status.code()), fmt::format("{}: {}", what, status.message()));
}

arrow::Status ToArrowStatus(const Status& status) {
  if (status.ok()) return arrow::Status::OK();
  const bool cancelled = status.code() == Code::kCancelled;
  const arrow::StatusCode code =
      cancelled ? arrow::StatusCode::Cancelled : arrow::StatusCode::IOError;
  return arrow::Status(code, status.message(), std::make_shared<OurStatus>(status));
}

Status FromCurrentException(std::string_view what) {
  try {
    throw;
  } catch (const parquet::ParquetStatusException& e) {
    return FromArrowStatus(e.status(), what);
  } catch (const parquet::ParquetException& e) {
    return Status(Code::kCorrupt, fmt::format("{}: {}", what, e.what()));
  } catch (const std::bad_alloc&) {
    return Status(Code::kOutOfMemory, fmt::format("{}: no memory left", what));
  } catch (const std::exception& e) {
    return Status::Internal(fmt::format("{}: {}", what, e.what()));
  }
}

}  // namespace thalweg::data
