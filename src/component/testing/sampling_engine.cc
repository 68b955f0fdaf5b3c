#include "component/testing/sampling_engine.h"

#include <algorithm>

#include "formats/byte_stream.h"
#include "formats/csv_decoder.h"

namespace thalweg::component {
namespace {

Status ExecutesNothing() {
  return Status::Unsupported("this engine completes scans only");
}

Result<std::vector<std::string>> ReadHeader(const CsvScan& scan) {
  formats::CsvDecoderOptions options;
  options.dialect.delimiter = *scan.delimiter;
  options.skip = scan.skip;
  TW_ASSIGN_OR_RETURN(const auto decoder, formats::CsvDecoder::Make({}, options));
  TW_ASSIGN_OR_RETURN(const auto compression,
                      formats::CompressionOf(scan.compression, scan.paths.front()));
  TW_ASSIGN_OR_RETURN(const auto stream,
                      formats::OpenText(LocalFileSystem(), scan.paths.front(), compression,
                                        formats::TextEncoding::kUtf8));
  std::string text;
  TW_RETURN_IF_ERROR(stream->Read(1 << 20, &text).status());
  decoder->Push(text, true);
  TW_RETURN_IF_ERROR(decoder->Decode(Bytes(1)).status());
  return decoder->header().value_or(std::vector<std::string>());
}

Result<Scan> CompleteCsv(CsvScan scan) {
  if (!scan.delimiter) scan.delimiter = ",";
  if (!scan.quote) scan.quote = "\"";
  if (!scan.escape) scan.escape = "\"";
  if (!scan.header) scan.header = true;
  if (*scan.header && !scan.only_declared) {
    TW_ASSIGN_OR_RETURN(const auto header, ReadHeader(scan));
    for (std::size_t i = 0; i < header.size(); ++i) {
      const bool known =
          std::any_of(scan.columns.begin(), scan.columns.end(), [&](const TextColumn& column) {
            return column.name == header[i] || column.position == static_cast<int>(i) + 1;
          });
      if (!known) scan.columns.push_back({.name = header[i]});
    }
  }
  for (TextColumn& column : scan.columns) {
    if (column.type.empty()) column.type = "varchar";
  }
  return Scan(std::move(scan));
}

}  // namespace

Result<Scan> SamplingEngine::Complete(Scan scan) {
  if (auto* csv = std::get_if<CsvScan>(&scan)) return CompleteCsv(std::move(*csv));
  return scan;
}

Status SamplingEngine::Confine(const std::vector<std::string>&) {
  return Status::Ok();
}
Result<Description> SamplingEngine::Describe(const Statement&) {
  return ExecutesNothing();
}
Result<JobId> SamplingEngine::Submit(Job, Wake) {
  return ExecutesNothing();
}
Result<JobState> SamplingEngine::Poll(const JobId&) {
  return ExecutesNothing();
}
Status SamplingEngine::Cancel(const JobId&) {
  return ExecutesNothing();
}
Result<std::unique_ptr<RowStream>> SamplingEngine::Query(const Statement&, std::stop_token) {
  return ExecutesNothing();
}

}  // namespace thalweg::component
