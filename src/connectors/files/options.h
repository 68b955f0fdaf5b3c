#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "component/fields.h"
#include "component/scan.h"
#include "formats/text_encoding.h"

namespace thalweg::connectors {

enum class FileFormat { kCsv, kJson, kNdjson, kParquet };
std::string_view ToString(FileFormat format);

/// By the ending of a path, behind which one of a compression may stand: .csv .tsv .txt, .json,
/// .ndjson .jsonl, .parquet .pq. None: the ending says nothing.
std::optional<FileFormat> FormatOfPath(std::string_view path);
/// The endings, for messages: ".csv, .tsv …".
std::string_view KnownEndings();

/// `columns: {name: {...}}`.
struct FileColumnOptions {
  std::optional<component::TypeName> type;
  std::string from;
  std::optional<std::int64_t> position;
  std::optional<component::Scalar> default_value;
  static component::OptionsOf<FileColumnOptions> Describe();
};

/// The body of a source with the key `files`.
struct FilesSourceBody {
  std::vector<std::string> files;
  std::string format = "auto";
  component::NamedList<FileColumnOptions> columns;
  bool only_declared = false;
  std::optional<std::string> delimiter, quote, escape;
  std::optional<bool> header;
  std::int64_t skip = 0;
  std::optional<std::vector<std::string>> nulls;
  std::string date_format, timestamp_format;
  std::string compression = "auto";
  std::string encoding = "utf-8";
  std::string file_name;
  std::string bad_rows = "fail";
  std::optional<component::Scalar> max_bad_rows;

  static component::OptionsOf<FilesSourceBody> Describe();
  /// What can be wrong with it before any file is looked at. False after reporting it; fills the
  /// fields below.
  bool Check(const component::Value& body, Diagnostics& diagnostics);

  component::RejectPolicy rejects;
  formats::TextEncoding text_encoding = formats::TextEncoding::kUtf8;
  /// As it stands in the pipeline file, for places of what turns out to be wrong when the files are
  /// looked at.
  component::Value written;
  /// Where a key's value stands, else the body; no place when it was not read from a text.
  Span SpanOf(std::string_view key) const;
  /// Where the n-th of `columns` is declared, from 0.
  Span SpanOfColumn(std::size_t n) const;
};

/// The status with this place, unless it has one or the span is none.
Status WithPlaceOf(const Status& status, const Span& span);

/// The body of a target with the key `files`.
struct FilesTargetBody {
  std::string files;
  std::string format = "auto";
  std::string codec = "auto";
  bool header = true;
  std::string delimiter;
  std::string nulls;
  std::optional<std::int64_t> max_rows_per_file;
  struct Roll {
    Bytes size;
    static component::OptionsOf<Roll> Describe();
  };
  std::optional<Roll> roll;

  static component::OptionsOf<FilesTargetBody> Describe();
  bool Check(const component::Value& body, Diagnostics& diagnostics);

  FileFormat file_format = FileFormat::kParquet;
  bool directory = false;  ///< the name ends in '/'
};

}  // namespace thalweg::connectors
