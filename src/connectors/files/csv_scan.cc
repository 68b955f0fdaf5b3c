#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "component/engine.h"
#include "connectors/files/file_scan.h"
#include "connectors/files/text_columns.h"
#include "connectors/files/text_reader.h"
#include "formats/csv_decoder.h"

namespace thalweg::connectors {
namespace {

constexpr std::size_t kHeaderChunk = 64 << 10;

char OneByte(const std::optional<std::string>& text, char otherwise) {
  if (!text) return otherwise;
  return text->empty() ? '\0' : text->front();
}

class CsvFiles : public FileScan {
 public:
  CsvFiles(const FilesSourceBody& body, const component::SourceContext& context)
      : body_(body), files_(*context.files) {}

  Status Prepare(std::vector<std::string> paths, component::Engine* engine) {
    scan_ = Declared(std::move(paths));
    // An engine's sample is UTF-8.
    if (body_.text_encoding == formats::TextEncoding::kUtf8 && engine != nullptr) {
      auto completed = engine->Complete(scan_);
      if (!completed.ok()) return AtDeclared(completed.status());
      scan_ = std::get<component::CsvScan>(*std::move(completed));
    } else {
      TW_RETURN_IF_ERROR(CompleteByHeader());
    }
    TW_ASSIGN_OR_RETURN(specs_, ToSpecs(body_, scan_.columns));
    columns_ = ToColumns(specs_, body_.file_name);
    // What no decoder takes is said before anything runs.
    return formats::CsvDecoder::Make(specs_, DecoderOptions()).status();
  }

  const data::Columns& columns() const override { return columns_; }

  std::optional<component::Scan> Lower() const override {
    const bool plain = body_.text_encoding == formats::TextEncoding::kUtf8 && !HasForms(body_);
    return plain ? std::optional<component::Scan>(scan_) : std::nullopt;
  }

  Result<std::unique_ptr<component::Reader>> Open(const std::string& path,
                                                  const component::Position& from) const override {
    TW_ASSIGN_OR_RETURN(const formats::TextPosition start, ParsePosition(from));
    std::optional<std::vector<std::string>> header;
    if (start.offset > 0) {
      TW_ASSIGN_OR_RETURN(header, ReadHeader(path));
    }
    auto decoder = formats::CsvDecoder::Make(specs_, DecoderOptions(), start, std::move(header));
    if (!decoder.ok()) return decoder.status().Annotate(path);
    TW_ASSIGN_OR_RETURN(auto stream, OpenStream(path));
    TW_RETURN_IF_ERROR(stream->Skip(start.offset));
    return std::make_unique<TextReader>(path, std::move(stream), *std::move(decoder),
                                        body_.file_name);
  }

 private:
  component::CsvScan Declared(std::vector<std::string> paths) const {
    component::CsvScan scan;
    const bool tabs = std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
      return formats::WithoutCompressionEnding(path).ends_with(".tsv");
    });
    scan.paths = std::move(paths);
    scan.delimiter = body_.delimiter;
    if (!scan.delimiter && tabs) scan.delimiter = "\t";
    scan.quote = body_.quote;
    scan.escape = body_.escape;
    scan.header = body_.header;
    scan.skip = body_.skip;
    if (body_.nulls) scan.nulls = *body_.nulls;
    scan.date_format = body_.date_format;
    scan.timestamp_format = body_.timestamp_format;
    scan.compression = body_.compression;
    scan.only_declared = body_.only_declared;
    scan.columns = DeclaredColumns(body_);
    scan.file_name_column = body_.file_name;
    scan.rejects = body_.rejects;
    const bool any_position = std::any_of(scan.columns.begin(), scan.columns.end(),
                                          [](const auto& column) { return column.position > 0; });
    if (body_.header == false && !any_position) {
      for (std::size_t i = 0; i < scan.columns.size(); ++i)
        scan.columns[i].position = static_cast<int>(i) + 1;
    }
    return scan;
  }

  /// An engine says which of the declared columns it means by a place without a file.
  Status AtDeclared(const Status& status) const {
    if (!status.place() || !status.place()->file.empty() || status.place()->line != 1)
      return status;
    const auto n = static_cast<std::size_t>(status.place()->column - 1);
    return status.WithPlace(body_.SpanOfColumn(n).ToPlace());
  }

  /// Without an engine's sample: columns that are not declared are texts, found in the first file's
  /// header.
  Status CompleteByHeader() {
    if (scan_.header.value_or(true) && !scan_.only_declared) {
      TW_ASSIGN_OR_RETURN(const auto header, ReadHeader(scan_.paths.front()));
      TW_RETURN_IF_ERROR(AddUndeclared(header.value_or(std::vector<std::string>())));
    }
    for (component::TextColumn& column : scan_.columns) {
      if (column.type.empty()) column.type = "varchar";
    }
    if (!scan_.columns.empty()) return Status::Ok();
    return Status::Invalid("the file names no columns, and none is declared")
        .WithSlug("no-columns")
        .WithHint("declare them under \"columns\"");
  }

  Status AddUndeclared(const std::vector<std::string>& header) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      const int position = static_cast<int>(i) + 1;
      const auto is_this = [&](const component::TextColumn& column) {
        return column.position == position ||
               (column.position == 0 && EqualIgnoringCase(column.name, header[i]));
      };
      if (std::none_of(scan_.columns.begin(), scan_.columns.end(), is_this)) {
        scan_.columns.push_back({.name = header[i], .type = "varchar"});
      }
    }
    return Status::Ok();
  }

  formats::CsvDecoderOptions DecoderOptions() const {
    formats::CsvDecoderOptions options;
    options.dialect.delimiter = scan_.delimiter.value_or(",");
    options.dialect.quote = OneByte(scan_.quote, '"');
    options.dialect.escape = OneByte(scan_.escape, options.dialect.quote);
    options.header = scan_.header.value_or(true);
    options.skip = scan_.skip;
    options.nulls = scan_.nulls;
    options.times = {scan_.date_format, scan_.timestamp_format};
    options.only_declared = scan_.only_declared;
    return options;
  }

  Result<std::unique_ptr<formats::ByteStream>> OpenStream(const std::string& path) const {
    TW_ASSIGN_OR_RETURN(const auto compression, formats::CompressionOf(body_.compression, path));
    return formats::OpenText(files_, path, compression, body_.text_encoding);
  }

  /// None: the file has no header, or is empty.
  Result<std::optional<std::vector<std::string>>> ReadHeader(const std::string& path) const {
    const formats::CsvDecoderOptions options = DecoderOptions();
    if (!options.header) return std::optional<std::vector<std::string>>();
    TW_ASSIGN_OR_RETURN(const auto decoder, formats::CsvDecoder::Make({}, options));
    TW_ASSIGN_OR_RETURN(const auto stream, OpenStream(path));
    std::string chunk;
    for (bool more = true; more && !decoder->header();) {
      chunk.clear();
      TW_ASSIGN_OR_RETURN(more, stream->Read(kHeaderChunk, &chunk));
      decoder->Push(chunk, !more);
      const auto decoded = decoder->Decode(Bytes(1));
      if (!decoded.ok()) return decoded.status().Annotate(path);
    }
    return decoder->header();
  }

  const FilesSourceBody& body_;
  FileSystem& files_;
  component::CsvScan scan_;
  std::vector<formats::TextColumnSpec> specs_;
  data::Columns columns_;
};

}  // namespace

Result<std::unique_ptr<FileScan>> MakeCsvScan(const FilesSourceBody& body,
                                              std::vector<std::string> paths,
                                              const component::SourceContext& context) {
  auto scan = std::make_unique<CsvFiles>(body, context);
  TW_RETURN_IF_ERROR(scan->Prepare(std::move(paths), context.engine));
  return Result<std::unique_ptr<FileScan>>(std::move(scan));
}

}  // namespace thalweg::connectors
