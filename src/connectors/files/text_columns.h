#pragma once

#include <string>
#include <vector>

#include "component/scan.h"
#include "connectors/files/options.h"
#include "data/types.h"
#include "formats/decoder.h"

namespace thalweg::connectors {

// Columns of text files, from how they are declared to how they are decoded.

/// Whether any column is written in a form of its own ("from"), which no engine reads.
bool HasForms(const FilesSourceBody& body);

/// For a scan. A column with a form of its own is varchar there.
std::vector<component::TextColumn> DeclaredColumns(const FilesSourceBody& body);

/// Of a completed scan, for a decoder. kUnsupported: a type that no table stores.
Result<std::vector<formats::TextColumnSpec>> ToSpecs(
    const FilesSourceBody& body, const std::vector<component::TextColumn>& columns);

/// What the rows have in the end.
data::Columns ToColumns(const std::vector<formats::TextColumnSpec>& specs,
                        const std::string& file_name_column);

}  // namespace thalweg::connectors
