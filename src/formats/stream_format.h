#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/csv_decoder.h"
#include "formats/csv_encoder.h"
#include "formats/decoder.h"
#include "formats/encoder.h"

namespace thalweg::formats {

/// Formats whose rows can be read one after another from bytes that never end. Nothing is found
/// from a sample: what is not declared has a fixed meaning.
enum class StreamFormat { kCsv, kNdjson, kArrow, kLines };
std::string_view ToString(StreamFormat format);
/// "csv", "ndjson" or "json" (the same: one object a line), "arrow", "lines".
std::optional<StreamFormat> StreamFormatOf(std::string_view name);

/// What a stream of bytes is read as.
struct StreamDecoding {
  StreamFormat format = StreamFormat::kNdjson;
  std::vector<TextColumnSpec> columns;
  CsvDecoderOptions csv;  ///< kCsv; its `times` are those of kNdjson too
};

/// A decoder at the beginning, or at a position. Behind the beginning some decoders need what stood
/// there: the header of CSV, the schema message of Arrow (see their Make).
Result<std::unique_ptr<Decoder>> MakeDecoder(const StreamDecoding& decoding,
                                             TextPosition start = {},
                                             std::string_view beginning = {});

/// What rows are written as.
struct StreamEncoding {
  StreamFormat format = StreamFormat::kNdjson;
  CsvEncoderOptions csv;
};
Result<std::unique_ptr<Encoder>> MakeEncoder(const StreamEncoding& encoding,
                                             const data::SchemaRef& schema);

}  // namespace thalweg::formats
