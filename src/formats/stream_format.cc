#include "formats/stream_format.h"

#include "formats/arrow_ipc_encoder.h"
#include "formats/arrow_stream_decoder.h"
#include "formats/json_decoder.h"
#include "formats/json_encoder.h"
#include "formats/lines_decoder.h"
#include "formats/lines_encoder.h"

namespace thalweg::formats {
namespace {

template <typename To, typename From>
Result<std::unique_ptr<To>> Upcast(Result<std::unique_ptr<From>> made) {
  if (!made.ok()) return made.status();
  return std::unique_ptr<To>(*std::move(made));
}

Result<std::unique_ptr<Decoder>> MakeCsv(const StreamDecoding& decoding, TextPosition start,
                                         std::string_view beginning) {
  std::optional<std::vector<std::string>> header;
  if (decoding.csv.header && start.offset > 0) {
    TW_ASSIGN_OR_RETURN(const auto first, CsvDecoder::Make({}, decoding.csv));
    first->Push(beginning, true);
    TW_RETURN_IF_ERROR(first->Decode(Bytes(1)).status());
    header = first->header();
  }
  return Upcast<Decoder>(
      CsvDecoder::Make(decoding.columns, decoding.csv, start, std::move(header)));
}

}  // namespace

std::string_view ToString(StreamFormat format) {
  switch (format) {
    case StreamFormat::kCsv:
      return "csv";
    case StreamFormat::kNdjson:
      return "ndjson";
    case StreamFormat::kArrow:
      return "arrow";
    case StreamFormat::kLines:
      break;
  }
  return "lines";
}

std::optional<StreamFormat> StreamFormatOf(std::string_view name) {
  if (name == "json") return StreamFormat::kNdjson;
  for (const StreamFormat format :
       {StreamFormat::kCsv, StreamFormat::kNdjson, StreamFormat::kArrow, StreamFormat::kLines}) {
    if (name == ToString(format)) return format;
  }
  return std::nullopt;
}

Result<std::unique_ptr<Decoder>> MakeDecoder(const StreamDecoding& decoding, TextPosition start,
                                             std::string_view beginning) {
  switch (decoding.format) {
    case StreamFormat::kCsv:
      return MakeCsv(decoding, start, beginning);
    case StreamFormat::kNdjson:
      return Upcast<Decoder>(
          JsonDecoder::Make(decoding.columns, {.times = decoding.csv.times}, start));
    case StreamFormat::kArrow:
      return Upcast<Decoder>(ArrowStreamDecoder::Make(decoding.columns, start, beginning));
    case StreamFormat::kLines:
      break;
  }
  return Upcast<Decoder>(LinesDecoder::Make(decoding.columns, start));
}

Result<std::unique_ptr<Encoder>> MakeEncoder(const StreamEncoding& encoding,
                                             const data::SchemaRef& schema) {
  switch (encoding.format) {
    case StreamFormat::kCsv:
      return std::unique_ptr<Encoder>(std::make_unique<CsvEncoder>(schema, encoding.csv));
    case StreamFormat::kNdjson:
      return std::unique_ptr<Encoder>(
          std::make_unique<JsonEncoder>(schema, JsonEncoder::Layout::kLines));
    case StreamFormat::kArrow:
      return std::unique_ptr<Encoder>(std::make_unique<ArrowIpcEncoder>(schema));
    case StreamFormat::kLines:
      break;
  }
  return Upcast<Encoder>(LinesEncoder::Make(schema));
}

}  // namespace thalweg::formats
