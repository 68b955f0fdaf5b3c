#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/decoder.h"

namespace thalweg::formats {

/// The Arrow IPC streaming format: one stream, or several one after another. Columns are found by
/// name, others are left out; one that is missing, or of another type than declared, is an error
/// that names it. Lengths in the bytes are checked before anything is held for them, and every
/// batch is validated as a whole. A batch of the stream comes out as one batch, whatever the
/// budget: positions lie between messages. `line` of a position counts messages, from 1. What ends
/// inside of a message is a bad row.
class ArrowStreamDecoder : public Decoder {
 public:
  /// No message may be longer.
  static constexpr Bytes kLongestMessage = Bytes::MiB(256);

  /// To continue at a position inside of a stream, `start_schema` gives the bytes at schema_place()
  /// as of that position.
  static Result<std::unique_ptr<ArrowStreamDecoder>> Make(
      const std::vector<TextColumnSpec>& columns, TextPosition start = {},
      std::string_view start_schema = {});
  ~ArrowStreamDecoder() override;

  const data::SchemaRef& schema() const override;
  void Push(std::string_view bytes, bool end) override;
  Result<Decoded> Decode(Bytes budget) override;
  TextPosition At() const override;

  /// Bytes [first, second) of the text hold the schema of the stream that At() lies in; equal:
  /// between two streams.
  std::pair<std::int64_t, std::int64_t> schema_place() const;

 private:
  class Impl;
  explicit ArrowStreamDecoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg::formats
