#include "cli/program.h"

namespace thalweg::cli {

std::string ProgramVersion() {
  return THALWEG_VERSION;
}

}  // namespace thalweg::cli
