#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// Writes the signature and its event.
Result<SignatureRecord> InsertSignature(Connection& db, Instant now, const NewSignature& signature);
Result<std::vector<SignatureRecord>> ListSignatures(Connection& db,
                                                    const NodeId& gate);  ///< newest first

}  // namespace thalweg::catalog
