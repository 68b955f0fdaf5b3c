#include "component/engine.h"
#include "connectors/files/file_scan.h"
#include "connectors/files/text_columns.h"
#include "connectors/files/text_reader.h"
#include "formats/json_decoder.h"

namespace thalweg::connectors {
namespace {

class JsonFiles : public FileScan {
 public:
  JsonFiles(const FilesSourceBody& body, const component::SourceContext& context)
      : body_(body), files_(*context.files) {}

  Status Prepare(FileFormat format, std::vector<std::string> paths, component::Engine* engine) {
    scan_.paths = std::move(paths);
    scan_.lines = format == FileFormat::kNdjson;
    scan_.date_format = body_.date_format;
    scan_.timestamp_format = body_.timestamp_format;
    scan_.compression = body_.compression;
    scan_.only_declared = body_.only_declared;
    scan_.columns = DeclaredColumns(body_);
    scan_.file_name_column = body_.file_name;
    scan_.rejects = body_.rejects;
    if (body_.text_encoding == formats::TextEncoding::kUtf8 && engine != nullptr) {
      TW_ASSIGN_OR_RETURN(component::Scan completed, engine->Complete(scan_));
      scan_ = std::get<component::JsonScan>(std::move(completed));
    }
    if (scan_.columns.empty()) {
      return Status::Invalid("no columns are declared, and none were found")
          .WithSlug("no-columns")
          .WithHint("declare them under \"columns\"");
    }
    for (component::TextColumn& column : scan_.columns) {
      if (column.type.empty()) column.type = "varchar";
    }
    TW_ASSIGN_OR_RETURN(specs_, ToSpecs(body_, scan_.columns));
    columns_ = ToColumns(specs_, body_.file_name);
    return Status::Ok();
  }

  const data::Columns& columns() const override { return columns_; }

  std::optional<component::Scan> Lower() const override {
    const bool plain = body_.text_encoding == formats::TextEncoding::kUtf8 && !HasForms(body_);
    return plain ? std::optional<component::Scan>(scan_) : std::nullopt;
  }

  Result<std::unique_ptr<component::Reader>> Open(const std::string& path,
                                                  const component::Position& from) const override {
    TW_ASSIGN_OR_RETURN(const formats::TextPosition start, ParsePosition(from));
    formats::JsonDecoderOptions options;
    options.layout = scan_.lines ? formats::JsonDecoderOptions::Layout::kLines
                                 : formats::JsonDecoderOptions::Layout::kValues;
    options.times = {scan_.date_format, scan_.timestamp_format};
    TW_ASSIGN_OR_RETURN(auto decoder, formats::JsonDecoder::Make(specs_, options, start));
    TW_ASSIGN_OR_RETURN(const auto compression, formats::CompressionOf(body_.compression, path));
    TW_ASSIGN_OR_RETURN(auto stream,
                        formats::OpenText(files_, path, compression, body_.text_encoding));
    TW_RETURN_IF_ERROR(stream->Skip(start.offset));
    return std::make_unique<TextReader>(path, std::move(stream), std::move(decoder),
                                        body_.file_name);
  }

 private:
  const FilesSourceBody& body_;
  FileSystem& files_;
  component::JsonScan scan_;
  std::vector<formats::TextColumnSpec> specs_;
  data::Columns columns_;
};

}  // namespace

Result<std::unique_ptr<FileScan>> MakeJsonScan(const FilesSourceBody& body, FileFormat format,
                                               std::vector<std::string> paths,
                                               const component::SourceContext& context) {
  auto scan = std::make_unique<JsonFiles>(body, context);
  TW_RETURN_IF_ERROR(scan->Prepare(format, std::move(paths), context.engine));
  return Result<std::unique_ptr<FileScan>>(std::move(scan));
}

}  // namespace thalweg::connectors
