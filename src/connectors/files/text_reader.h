#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "component/source.h"
#include "formats/byte_stream.h"
#include "formats/decoder.h"

namespace thalweg::connectors {

/// A place in a text file, as kept in the catalog: {"offset":1024,"line":17}.
Result<formats::TextPosition> ParsePosition(const component::Position& position);
component::Position ToPosition(const formats::TextPosition& position);

/// Reads one text file through a decoder.
class TextReader : public component::Reader {
 public:
  /// `stream` and `decoder` stand at the same place. `file_name_column`: a column to add, with the
  /// path; empty: none.
  TextReader(std::string path, std::unique_ptr<formats::ByteStream> stream,
             std::unique_ptr<formats::Decoder> decoder, const std::string& file_name_column);

  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake) override;
  component::Position At() const override { return ToPosition(decoder_->At()); }
  Status Ack(const component::Position& durable) override;

 private:
  Status Feed();
  Result<component::Polled> ToPolled(formats::Decoded decoded) const;

  std::string path_;
  std::unique_ptr<formats::ByteStream> stream_;
  std::unique_ptr<formats::Decoder> decoder_;
  data::SchemaRef schema_;
  bool names_file_;
  std::string chunk_;
};

}  // namespace thalweg::connectors
