#pragma once

#include <string_view>
#include <utility>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace thalweg::data {

/// Converts a failed Arrow status once; `what` says what was attempted. A Status of ours that
/// travelled through Arrow (ToArrowStatus) comes out as it went in, annotated. An OK status gives
/// OK.
Status FromArrowStatus(const arrow::Status& status, std::string_view what);

/// For callbacks that Arrow calls: carries `status` through Arrow.
arrow::Status ToArrowStatus(const Status& status);

/// Whether a failed Arrow status carries one of ours: the file seam failed, not what was in the
/// file.
bool CarriesOurStatus(const arrow::Status& status);

/// The exception being handled as a Status. Call it inside a catch block only.
Status FromCurrentException(std::string_view what);

/// Runs `body`, which returns a Status or a Result, and turns what Arrow or Parquet throws into a
/// Status.
template <typename Body>
auto Guarded(std::string_view what, Body&& body) -> decltype(std::forward<Body>(body)()) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return FromCurrentException(what);
  }
}

}  // namespace thalweg::data
