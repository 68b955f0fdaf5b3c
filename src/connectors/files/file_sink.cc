#include "connectors/files/file_sink.h"

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/util/byte_size.h>

#include "base/hash.h"
#include "data/parquet_file.h"
#include "formats/compression.h"
#include "formats/csv_encoder.h"
#include "formats/json_encoder.h"

namespace thalweg::connectors {
namespace {

/// Bytes that are collected before they are written.
constexpr std::size_t kWriteStep = std::size_t{1} << 20;

std::unique_ptr<formats::Encoder> MakeEncoder(const data::SchemaRef& schema,
                                              const FilesTargetBody& body) {
  using Layout = formats::JsonEncoder::Layout;
  switch (body.file_format) {
    case FileFormat::kJson:
      return std::make_unique<formats::JsonEncoder>(schema, Layout::kArray);
    case FileFormat::kNdjson:
      return std::make_unique<formats::JsonEncoder>(schema, Layout::kLines);
    case FileFormat::kCsv:
    case FileFormat::kParquet:
      break;
  }
  formats::CsvEncoderOptions options{.header = body.header, .null = body.nulls};
  if (!body.delimiter.empty()) options.delimiter = body.delimiter;
  return std::make_unique<formats::CsvEncoder>(schema, std::move(options));
}

class TextSink : public FileSink {
 public:
  TextSink(FileSystem& files, std::string path, std::unique_ptr<WritableFile> file,
           std::unique_ptr<formats::Encoder> encoder,
           std::unique_ptr<formats::Compressor> compressor)
      : files_(files),
        path_(std::move(path)),
        file_(std::move(file)),
        encoder_(std::move(encoder)),
        compressor_(std::move(compressor)) {}

  Status Write(const arrow::RecordBatch& batch) override {
    // In steps: a batch may be large, and its text larger.
    constexpr std::int64_t kRows = 4096;
    for (std::int64_t row = 0; row < batch.num_rows(); row += kRows) {
      text_.clear();
      TW_RETURN_IF_ERROR(encoder_->Encode(*batch.Slice(row, kRows), &text_));
      TW_RETURN_IF_ERROR(compressor_->Push(text_, &bytes_));
      if (bytes_.size() >= kWriteStep) TW_RETURN_IF_ERROR(Append());
    }
    proof_.rows += batch.num_rows();
    return Status::Ok();
  }

  Bytes written() const override {
    return proof_.size + Bytes(static_cast<std::int64_t>(bytes_.size()));
  }

  Result<FileProof> Finish() override {
    text_.clear();
    TW_RETURN_IF_ERROR(encoder_->Finish(&text_));
    TW_RETURN_IF_ERROR(compressor_->Push(text_, &bytes_));
    TW_RETURN_IF_ERROR(compressor_->Finish(&bytes_));
    TW_RETURN_IF_ERROR(Append());
    TW_RETURN_IF_ERROR(file_->Sync());
    TW_RETURN_IF_ERROR(file_->Close());
    TW_ASSIGN_OR_RETURN(const FileInfo info, files_.Stat(path_));
    proof_.mtime_ns = info.mtime_ns;
    proof_.xxh3 = hasher_.Finish().ToHex();
    return proof_;
  }

 private:
  Status Append() {
    TW_RETURN_IF_ERROR(file_->Append(bytes_));
    hasher_.Update(bytes_.data(), bytes_.size());
    proof_.size += Bytes(static_cast<std::int64_t>(bytes_.size()));
    bytes_.clear();
    return Status::Ok();
  }

  FileSystem& files_;
  std::string path_;
  std::unique_ptr<WritableFile> file_;
  std::unique_ptr<formats::Encoder> encoder_;
  std::unique_ptr<formats::Compressor> compressor_;
  BytesHasher hasher_;
  std::string text_, bytes_;
  FileProof proof_;
};

class ParquetSink : public FileSink {
 public:
  ParquetSink(FileSystem& files, std::string path, std::unique_ptr<data::ParquetWriter> writer)
      : files_(files), path_(std::move(path)), writer_(std::move(writer)) {}

  Status Write(const arrow::RecordBatch& batch) override {
    const auto size = arrow::util::ReferencedBufferSize(batch);
    written_ += Bytes(size.ok() ? *size : 0);
    return writer_->Write(batch);
  }
  Bytes written() const override { return written_; }

  Result<FileProof> Finish() override {
    TW_ASSIGN_OR_RETURN(const data::DataFile file, writer_->Finish());
    TW_ASSIGN_OR_RETURN(const FileInfo info, files_.Stat(path_));
    TW_ASSIGN_OR_RETURN(const Hash128 hash, HashFile(files_, path_));
    return FileProof{info.size, file.rows, hash.ToHex(), info.mtime_ns};
  }

 private:
  FileSystem& files_;
  std::string path_;
  std::unique_ptr<data::ParquetWriter> writer_;
  Bytes written_;
};

}  // namespace

Result<std::unique_ptr<FileSink>> FileSink::Open(FileSystem& files, const std::string& path,
                                                 const std::string& name,
                                                 const data::SchemaRef& schema,
                                                 const FilesTargetBody& body) {
  if (body.file_format == FileFormat::kParquet) {
    data::ParquetWriter::Options options;
    if (body.codec != "auto") options.codec = body.codec;
    TW_ASSIGN_OR_RETURN(auto writer,
                        data::ParquetWriter::Open(files, path, schema, std::move(options)));
    return std::make_unique<ParquetSink>(files, path, std::move(writer));
  }
  TW_ASSIGN_OR_RETURN(const auto compression, formats::CompressionOf(body.codec, name));
  TW_ASSIGN_OR_RETURN(auto compressor, formats::Compressor::Make(compression));
  TW_ASSIGN_OR_RETURN(auto file, files.Create(path));
  return std::make_unique<TextSink>(files, path, std::move(file), MakeEncoder(schema, body),
                                    std::move(compressor));
}

Result<bool> IsSameFile(FileSystem& files, const std::string& path, const FileProof& proof) {
  const auto info = files.Stat(path);
  if (!info.ok()) {
    if (info.status().code() == Code::kNotFound) return false;
    return info.status();
  }
  if (info->type != FileInfo::Type::kFile || info->size != proof.size) return false;
  if (info->mtime_ns == proof.mtime_ns) return true;
  TW_ASSIGN_OR_RETURN(const Hash128 hash, HashFile(files, path));
  return hash.ToHex() == proof.xxh3;
}

}  // namespace thalweg::connectors
