#pragma once

#include <string>

#include "cli/console.h"
#include "cli/json.h"
#include "runs/gate.h"

namespace thalweg::cli {

/// What a person looks at before signing: the question, what is to be signed, what changed, the
/// evidence queries.
std::string EvidenceText(const runs::Evidence& evidence, const StreamFacts& facts);
Json ToJson(const runs::Evidence& evidence);

/// The gate as `approve` takes it, and the two commands to choose from.
std::string SignatureAdvice(const runs::Evidence& evidence);

}  // namespace thalweg::cli
