#include "component/target.h"

namespace thalweg::component {

std::string_view ToString(Guarantee guarantee) {
  switch (guarantee) {
    case Guarantee::kExactlyOnceStaged:
      return "exactly once (staged)";
    case Guarantee::kExactlyOnceJournaled:
      return "exactly once (journaled)";
    case Guarantee::kIdempotentUpsert:
      return "idempotent upsert";
    case Guarantee::kAtLeastOnce:
      return "at least once";
  }
  return "at least once";
}

}  // namespace thalweg::component
