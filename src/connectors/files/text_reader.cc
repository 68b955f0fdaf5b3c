#include "connectors/files/text_reader.h"

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "data/types.h"

namespace thalweg::connectors {
namespace {

constexpr std::size_t kChunk = 512 << 10;

Status BadPosition(const component::Position& position) {
  return Status(Code::kCorrupt, Fault::kBug,
                "a position in a file cannot be read position=" + position.text);
}

Result<std::shared_ptr<arrow::Array>> Repeat(const std::string& text, std::int64_t rows) {
  auto array = arrow::MakeArrayFromScalar(arrow::StringScalar(text), rows);
  if (!array.ok()) return data::FromArrowStatus(array.status(), "cannot add the file's name");
  return *std::move(array);
}

}  // namespace

Result<formats::TextPosition> ParsePosition(const component::Position& position) {
  formats::TextPosition place;
  if (position.text.empty()) return place;
  const auto json = nlohmann::json::parse(position.text, nullptr, false);
  if (!json.is_object() || !json.contains("offset") || !json["offset"].is_number_integer() ||
      !json.contains("line") || !json["line"].is_number_integer()) {
    return BadPosition(position);
  }
  place.offset = json["offset"].get<std::int64_t>();
  place.line = json["line"].get<std::int64_t>();
  place.inside_array = json.contains("array");
  if (place.offset < 0 || place.line < 1) return BadPosition(position);
  return place;
}

component::Position ToPosition(const formats::TextPosition& position) {
  nlohmann::json json = {{"offset", position.offset}, {"line", position.line}};
  if (position.inside_array) json["array"] = true;
  return {json.dump()};
}

TextReader::TextReader(std::string path, std::unique_ptr<formats::ByteStream> stream,
                       std::unique_ptr<formats::Decoder> decoder,
                       const std::string& file_name_column)
    : path_(std::move(path)),
      stream_(std::move(stream)),
      decoder_(std::move(decoder)),
      schema_(decoder_->schema()),
      names_file_(!file_name_column.empty()) {
  if (!names_file_) return;
  arrow::FieldVector fields = schema_->fields();
  fields.push_back(arrow::field(file_name_column, arrow::utf8()));
  schema_ = arrow::schema(std::move(fields));
}

Result<component::Polled> TextReader::Poll(Bytes budget, const component::Wake&) {
  while (true) {
    auto decoded = decoder_->Decode(budget);
    if (!decoded.ok()) return decoded.status().Annotate(path_);
    const formats::Decoded::Next next = decoded->next;
    if (decoded->rows || !decoded->bad.empty()) return ToPolled(*std::move(decoded));
    if (next == formats::Decoded::Next::kEnd) return component::Polled{};
    if (next == formats::Decoded::Next::kInput) TW_RETURN_IF_ERROR(Feed());
  }
}

Status TextReader::Feed() {
  chunk_.clear();
  TW_ASSIGN_OR_RETURN(const bool more, stream_->Read(kChunk, &chunk_));
  decoder_->Push(chunk_, !more);
  return Status::Ok();
}

Result<component::Polled> TextReader::ToPolled(formats::Decoded decoded) const {
  component::Polled polled;
  polled.state = component::Polled::State::kRows;
  const std::int64_t rows = decoded.rows ? decoded.rows->num_rows() : 0;
  arrow::ArrayVector arrays;
  for (int i = 0; i < decoder_->schema()->num_fields(); ++i) {
    arrays.push_back(
        decoded.rows ? decoded.rows->column(i)
                     : arrow::MakeEmptyArray(decoder_->schema()->field(i)->type()).ValueOrDie());
  }
  if (names_file_) {
    TW_ASSIGN_OR_RETURN(auto names, Repeat(path_, rows));
    arrays.push_back(std::move(names));
  }
  polled.rows = arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema_), rows,
                                         std::move(arrays));
  for (formats::BadRow& bad : decoded.bad) {
    polled.rejects.push_back(
        {path_, bad.line, std::move(bad.column), std::move(bad.reason), std::move(bad.raw)});
  }
  return polled;
}

Status TextReader::Ack(const component::Position&) {
  return Status::Ok();
}

}  // namespace thalweg::connectors
