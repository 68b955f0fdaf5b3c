#include "formats/arrow_stream_decoder.h"

#include <algorithm>
#include <cstring>

#include <arrow/buffer.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/types.h"
#include "formats/row_builder.h"
#include "formats/text_buffer.h"

namespace thalweg::formats {
namespace {

constexpr char kNoStream[] = "the bytes are no Arrow IPC stream";

Status NotArrow(std::int64_t message, const arrow::Status& status) {
  return Status::Invalid(fmt::format("{} message={}: {}", kNoStream, message, status.message()))
      .WithSlug("bad-arrow")
      .WithHint("the streaming format is needed, not the file format (Feather)");
}

/// Takes what the decoder of Arrow finds.
class Found : public arrow::ipc::Listener {
 public:
  arrow::Status OnEOS() override {
    ended = true;
    return arrow::Status::OK();
  }
  arrow::Status OnSchemaDecoded(std::shared_ptr<arrow::Schema> decoded) override {
    schema = std::move(decoded);
    return arrow::Status::OK();
  }
  arrow::Status OnRecordBatchDecoded(std::shared_ptr<arrow::RecordBatch> decoded) override {
    batch = std::move(decoded);
    return arrow::Status::OK();
  }

  std::shared_ptr<arrow::Schema> schema;
  data::Batch batch;
  bool ended = false;
};

}  // namespace

class ArrowStreamDecoder::Impl {
 public:
  Impl(data::SchemaRef schema, TextPosition start)
      : schema_(std::move(schema)), buffer_(start.offset), at_(start) {
    schema_begin_ = schema_end_ = start.offset;
  }

  Status Begin(std::string_view start_schema) {
    Restart();
    if (start_schema.empty()) return Status::Ok();
    const auto status = stream_->Consume(reinterpret_cast<const std::uint8_t*>(start_schema.data()),
                                         static_cast<std::int64_t>(start_schema.size()));
    if (!status.ok() || !found_->schema) return NotArrow(at_.line, status);
    return BindSchema();
  }

  Result<Decoded> Decode() {
    Decoded decoded;
    const auto finish = [&](Decoded::Next next) {
      decoded.next = next;
      return std::move(decoded);
    };
    while (true) {
      const std::int64_t needed = stream_->next_required_size();
      if (needed < 0 || needed > kLongestMessage.value) {
        return Status::Invalid(fmt::format("a message of {} bytes message={}", needed, at_.line))
            .WithSlug("row-too-long")
            .WithHint(fmt::format("write batches of less than {}", FormatBytes(kLongestMessage)));
      }
      if (!Fill(static_cast<std::size_t>(needed))) {
        if (!buffer_.ended()) return finish(Decoded::Next::kInput);
        if (consumed_ + part_.size() > 0 && !closed_) {
          closed_ = true;
          decoded.bad.push_back(
              MakeBadRow(at_.line, {}, "the stream ends inside of a message", {}));
        }
        return finish(Decoded::Next::kEnd);
      }
      TW_RETURN_IF_ERROR(Consume());
      if (!found_->batch) continue;
      TW_ASSIGN_OR_RETURN(decoded.rows, Select(std::move(found_->batch)));
      found_->batch = nullptr;
      if (decoded.rows->num_rows() == 0) decoded.rows = nullptr;
      return finish(Decoded::Next::kMore);
    }
  }

  data::SchemaRef schema_;
  TextBuffer buffer_;
  TextPosition at_;
  std::int64_t schema_begin_ = 0, schema_end_ = 0;

 private:
  void Restart() {
    found_ = std::make_shared<Found>();
    stream_ = std::make_unique<arrow::ipc::StreamDecoder>(found_);
    columns_.clear();
    has_schema_ = false;
  }

  /// Moves bytes to the part of a message that is to come next. True: it is whole.
  bool Fill(std::size_t needed) {
    const std::size_t count = std::min(needed - part_.size(), buffer_.rest().size());
    // What is held grows with what has come, not with what a length announces.
    part_.append(buffer_.rest().substr(0, count));
    buffer_.Consume(count);
    return part_.size() == needed;
  }

  Status Consume() {
    consumed_ += part_.size();
    auto bytes = arrow::Buffer::FromString(std::exchange(part_, {}));
    const auto* marker = bytes->data();
    const bool may_end = bytes->size() == 4 && std::memcmp(marker, "\0\0\0\0", 4) == 0;
    const std::int64_t before = stream_->stats().num_messages;
    const arrow::Status status = stream_->Consume(std::move(bytes));
    if (!status.ok()) return NotArrow(at_.line, status);
    if (found_->ended || (may_end && stream_->next_required_size() == 0)) {
      NextMessage();
      Restart();
      schema_begin_ = schema_end_ = at_.offset;
    } else if (stream_->stats().num_messages != before) {
      if (!has_schema_ && found_->schema) {
        TW_RETURN_IF_ERROR(BindSchema());
        schema_begin_ = at_.offset;
        schema_end_ = buffer_.offset();
      }
      NextMessage();
    }
    return Status::Ok();
  }

  void NextMessage() {
    at_ = {buffer_.offset(), at_.line + 1, false};
    consumed_ = 0;
  }

  Status BindSchema() {
    has_schema_ = true;
    for (const auto& field : schema_->fields()) {
      const int i = found_->schema->GetFieldIndex(field->name());
      if (i < 0) {
        return Status::Invalid(fmt::format("the stream has no column, or several of this name "
                                           "column=\"{}\" message={}",
                                           field->name(), at_.line))
            .WithSlug("missing-column")
            .WithHint("the stream has: " + found_->schema->ToString());
      }
      const auto& theirs = found_->schema->field(i);
      if (!theirs->type()->Equals(*field->type())) {
        const auto column = data::FromArrow(*theirs);
        const auto wanted = data::FromArrow(*field);
        return Status::Invalid(
                   fmt::format("a column of the stream is of another type than declared "
                               "column=\"{}\" declared={} stream={} ({}) message={}",
                               field->name(), wanted.ok() ? wanted->type : "?",
                               column.ok() ? column->type : "unknown", theirs->type()->ToString(),
                               at_.line))
            .WithSlug("wrong-type")
            .WithHint(fmt::format("declare what is sent, or send {}", field->type()->ToString()));
      }
      columns_.push_back(i);
    }
    return Status::Ok();
  }

  Result<data::Batch> Select(data::Batch batch) const {
    arrow::ArrayVector arrays;
    for (const int i : columns_) arrays.push_back(batch->column(i));
    auto selected = arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema_),
                                             batch->num_rows(), std::move(arrays));
    // The bytes are somebody else's.
    if (const auto valid = selected->ValidateFull(); !valid.ok()) return NotArrow(at_.line, valid);
    return selected;
  }

  std::shared_ptr<Found> found_;
  std::unique_ptr<arrow::ipc::StreamDecoder> stream_;
  std::vector<int> columns_;
  bool has_schema_ = false;
  std::string part_;          ///< of a message, not yet given to Arrow
  std::size_t consumed_ = 0;  ///< of the message that has begun, given to Arrow
  bool closed_ = false;
};

Result<std::unique_ptr<ArrowStreamDecoder>> ArrowStreamDecoder::Make(
    const std::vector<TextColumnSpec>& columns, TextPosition start, std::string_view start_schema) {
  data::Columns wanted;
  for (const TextColumnSpec& column : columns) {
    if (!column.from.empty() || column.default_text || column.position > 0) {
      return Status::Invalid(
                 fmt::format("\"from\", \"default\" and \"position\" are for texts, and "
                             "Arrow has values column=\"{}\"",
                             column.name))
          .WithSlug("wrong-format");
    }
    wanted.push_back({0, column.name, column.type});
  }
  TW_ASSIGN_OR_RETURN(auto schema, data::ToArrow(wanted));
  auto impl = std::make_unique<Impl>(std::move(schema), start);
  TW_RETURN_IF_ERROR(impl->Begin(start_schema));
  return std::unique_ptr<ArrowStreamDecoder>(new ArrowStreamDecoder(std::move(impl)));
}

ArrowStreamDecoder::ArrowStreamDecoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArrowStreamDecoder::~ArrowStreamDecoder() = default;

const data::SchemaRef& ArrowStreamDecoder::schema() const {
  return impl_->schema_;
}
void ArrowStreamDecoder::Push(std::string_view bytes, bool end) {
  impl_->buffer_.Push(bytes, end);
}
Result<Decoded> ArrowStreamDecoder::Decode(Bytes) {
  return impl_->Decode();
}
TextPosition ArrowStreamDecoder::At() const {
  return impl_->at_;
}
std::pair<std::int64_t, std::int64_t> ArrowStreamDecoder::schema_place() const {
  return {impl_->schema_begin_, impl_->schema_end_};
}

}  // namespace thalweg::formats
