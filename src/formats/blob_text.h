#pragma once

#include <string>
#include <string_view>

namespace thalweg::formats {

/// 0..15, or -1.
int HexDigit(char c);

/// Bytes as text, in DuckDB's form: ASCII stands for itself, any other byte (and a backslash) is
/// written \xAA. False: the text is not of this form; `out` is unchanged then.
bool AppendBlobFromText(std::string_view text, std::string* out);
void AppendBlobAsText(std::string_view bytes, std::string* out);

}  // namespace thalweg::formats
