#pragma once

#include <optional>
#include <string>
#include <vector>

#include "component/fields.h"
#include "component/scan.h"
#include "formats/stream_format.h"

namespace thalweg::connectors {

/// `columns: {name: {...}}` of a source that reads a stream of bytes.
struct StreamColumn {
  std::optional<component::TypeName> type;
  std::string from;
  std::optional<std::int64_t> position;
  std::optional<component::Scalar> default_value;
  static component::OptionsOf<StreamColumn> Describe();
};

/// Keys that all sources share that read bytes as rows.
struct StreamSourceKeys {
  std::string format = "ndjson";
  component::NamedList<StreamColumn> columns;
  std::string delimiter = ",";
  std::string quote = "\"";
  std::optional<std::string> escape;
  bool header = true;
  std::int64_t skip = 0;
  std::vector<std::string> nulls;
  std::string date_format, timestamp_format;
  std::string bad_rows = "fail";
  std::optional<component::Scalar> max_bad_rows;

  /// What can be wrong with them. False after reporting it; fills the fields below.
  bool CheckStream(const component::Value& body, Diagnostics& diagnostics);

  formats::StreamDecoding decoding;
  component::RejectPolicy rejects;
};

/// Keys that all targets share that write rows as bytes.
struct StreamTargetKeys {
  std::string format = "ndjson";
  bool header = true;
  std::string delimiter = ",";
  std::string nulls;

  bool CheckStream(const component::Value& body, Diagnostics& diagnostics);

  formats::StreamEncoding encoding;
};

/// Notes on fields of the two, for Describe() of a body that inherits from one of them. Where the
/// connector's key has no value of its own, it takes the format: `stdin: csv`.
const component::OptionsOf<StreamColumn>::Notes& StreamNote(std::string_view field);

template <typename Body>
component::OptionsOf<Body>& AddStreamSourceKeys(component::OptionsOf<Body>& options,
                                                const char* format_key = "format") {
  const auto add = [&]<typename T>(const char* name, T StreamSourceKeys::*member) {
    const auto& note = StreamNote(name == format_key ? "format" : name);
    options.Field(name, static_cast<T Body::*>(member),
                  {.doc = note.doc,
                   .default_text = note.default_text,
                   .example = note.example,
                   .choices = note.choices,
                   .changes_rows = note.changes_rows,
                   .scalar_or_list = note.scalar_or_list});
  };
  add(format_key, &StreamSourceKeys::format);
  add("columns", &StreamSourceKeys::columns);
  add("delimiter", &StreamSourceKeys::delimiter);
  add("quote", &StreamSourceKeys::quote);
  add("escape", &StreamSourceKeys::escape);
  add("header", &StreamSourceKeys::header);
  add("skip", &StreamSourceKeys::skip);
  add("nulls", &StreamSourceKeys::nulls);
  add("date_format", &StreamSourceKeys::date_format);
  add("timestamp_format", &StreamSourceKeys::timestamp_format);
  add("bad_rows", &StreamSourceKeys::bad_rows);
  add("max_bad_rows", &StreamSourceKeys::max_bad_rows);
  return options;
}

template <typename Body>
component::OptionsOf<Body>& AddStreamTargetKeys(component::OptionsOf<Body>& options,
                                                const char* format_key = "format") {
  return options
      .Field(format_key, static_cast<std::string Body::*>(&StreamTargetKeys::format),
             {.doc = "ndjson: one object a line; arrow: the Arrow IPC streaming format; lines: the "
                     "text of one column.",
              .default_text = "ndjson",
              .choices = {"ndjson", "json", "csv", "arrow", "lines"}})
      .Field("header", static_cast<bool Body::*>(&StreamTargetKeys::header),
             {.doc = "csv: whether the first line names the columns.", .default_text = "true"})
      .Field("delimiter", static_cast<std::string Body::*>(&StreamTargetKeys::delimiter),
             {.doc = "csv: between two fields.", .default_text = "\",\"", .example = "\";\""})
      .Field("nulls", static_cast<std::string Body::*>(&StreamTargetKeys::nulls),
             {.doc = "csv: the text of a null.", .default_text = "\"\"", .example = "NA"});
}

/// Reads a body by its description, then checks what a description cannot say. For the registry.
template <typename Options>
std::unique_ptr<Options> ReadStreamBody(const component::Value& value,
                                        const std::vector<std::string>& ignored,
                                        Diagnostics& diagnostics) {
  auto options = std::make_unique<Options>();
  const bool read =
      decltype(options->body)::Describe().Read(value, ignored, &options->body, diagnostics);
  if (!read || !options->body.Check(value, diagnostics)) return nullptr;
  return options;
}

}  // namespace thalweg::connectors
