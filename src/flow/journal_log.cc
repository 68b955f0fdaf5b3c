#include "flow/journal_log.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "data/arrow_status.h"

namespace thalweg::flow {
namespace {

constexpr std::int64_t kSegmentBytes = 64 << 20;
constexpr std::size_t kHead = 12;
constexpr char kRows = 0, kRejects = 1;

Result<std::string> Encode(const JournalRecord& record) {
  std::string payload;
  if (record.rows) {
    auto out = arrow::io::BufferOutputStream::Create();
    if (!out.ok()) return data::FromArrowStatus(out.status(), "cannot write the journal");
    auto writer = arrow::ipc::MakeStreamWriter(*out, record.rows->schema());
    if (!writer.ok()) return data::FromArrowStatus(writer.status(), "cannot write the journal");
    arrow::Status status = (*writer)->WriteRecordBatch(*record.rows);
    if (status.ok()) status = (*writer)->Close();
    if (!status.ok()) return data::FromArrowStatus(status, "cannot write the journal");
    const auto buffer = *(*out)->Finish();
    payload.push_back(kRows);
    payload.append(reinterpret_cast<const char*>(buffer->data()),
                   static_cast<std::size_t>(buffer->size()));
    return payload;
  }
  auto list = nlohmann::json::array();
  for (const auto& each : record.rejects)
    list.push_back({each.source, each.line, each.column, each.reason, each.raw});
  payload.push_back(kRejects);
  payload += list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return payload;
}

Result<JournalRecord> Decode(std::string_view payload, const std::string& path) {
  const auto damaged = [&](const std::string& why) {
    return Status(Code::kCorrupt,
                  fmt::format("a record of a journal cannot be read path={}: {}", path, why))
        .WithHint("restore the home from a copy, or remove the journal and what it holds");
  };
  JournalRecord record;
  const std::string_view body = payload.substr(1);
  if (payload[0] == kRejects) {
    const auto list = nlohmann::json::parse(body, nullptr, false);
    if (!list.is_array()) return damaged("no list of rejects");
    for (const auto& each : list) {
      if (!each.is_array() || each.size() != 5) return damaged("no reject");
      record.rejects.push_back({each[0].get<std::string>(), each[1].get<std::int64_t>(),
                                each[2].get<std::string>(), each[3].get<std::string>(),
                                each[4].get<std::string>()});
    }
    return record;
  }
  auto input =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::string(body)));
  auto reader = arrow::ipc::RecordBatchStreamReader::Open(std::move(input));
  if (!reader.ok()) return damaged(reader.status().message());
  const arrow::Status read = (*reader)->ReadNext(&record.rows);
  if (!read.ok() || !record.rows) return damaged(read.ok() ? "no rows" : read.message());
  return record;
}

}  // namespace

Result<std::unique_ptr<JournalLog>> JournalLog::Open(FileSystem& files, std::string directory) {
  std::unique_ptr<JournalLog> log(new JournalLog(files, std::move(directory)));
  TW_RETURN_IF_ERROR(log->Begin());
  return log;
}

Status JournalLog::Begin() {
  TW_RETURN_IF_ERROR(MakeDirectories(files_, directory_));
  TW_ASSIGN_OR_RETURN(const auto names, files_.List(directory_));
  for (const auto& name : names) {
    Segment segment;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), segment.first);
    if (error != std::errc() || std::string_view(end) != ".log") continue;
    segment.path = JoinPath(directory_, name);
    segments_.push_back(std::move(segment));
  }
  if (!segments_.empty()) {
    // What is read back now will be worked on: it must not vanish with the page cache.
    TW_RETURN_IF_ERROR(files_.SyncFile(segments_.back().path));
    TW_RETURN_IF_ERROR(files_.SyncDirectory(directory_));
  }
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    Segment& segment = segments_[i];
    TW_ASSIGN_OR_RETURN(segment.records, ReadSegment(segment, UINT64_MAX, nullptr));
    next_ = segment.first + segment.records;
    if (i + 1 < segments_.size() && segments_[i + 1].first != next_) {
      return Status(Code::kCorrupt, fmt::format("a journal lacks records {} to {} path={}", next_,
                                                segments_[i + 1].first, segment.path))
          .WithHint("restore the home from a copy, or remove the journal and what it holds");
    }
  }
  return {};
}

/// The number of whole records; `each` gets those from `skip` on.
Result<std::uint64_t> JournalLog::ReadSegment(const Segment& segment, std::uint64_t skip,
                                              const std::function<Status(JournalRecord)>& each) {
  TW_ASSIGN_OR_RETURN(const auto file, files_.OpenForRead(segment.path));
  TW_ASSIGN_OR_RETURN(const Bytes size, file->Size());
  std::int64_t at = 0;
  std::uint64_t records = 0;
  std::string payload;
  while (at + static_cast<std::int64_t>(kHead) < size.value) {
    char head[kHead];
    TW_ASSIGN_OR_RETURN(const std::size_t got, file->ReadAt(at, head));
    std::uint32_t length = 0;
    std::uint64_t hash = 0;
    std::memcpy(&length, head, 4);
    std::memcpy(&hash, head + 4, 8);
    const std::int64_t begin = at + static_cast<std::int64_t>(kHead);
    if (got < kHead || length == 0 || begin + length > size.value) break;
    payload.resize(length);
    TW_ASSIGN_OR_RETURN(const std::size_t read, file->ReadAt(begin, payload));
    if (read < length || Hash64(payload) != hash) break;
    if (each != nullptr && records >= skip) {
      TW_ASSIGN_OR_RETURN(auto record, Decode(payload, segment.path));
      TW_RETURN_IF_ERROR(each(std::move(record)));
    }
    ++records;
    at = begin + length;
  }
  return records;
}

Status JournalLog::Read(std::uint64_t from, const std::function<Status(JournalRecord)>& each) {
  if (from < next_ && (segments_.empty() || from < segments_.front().first)) {
    return Status(Code::kCorrupt,
                  fmt::format("a journal begins behind record {} directory={}", from, directory_))
        .WithHint("restore the home from a copy");
  }
  for (const Segment& segment : segments_) {
    if (segment.first + segment.records <= from) continue;
    const std::uint64_t skip = from > segment.first ? from - segment.first : 0;
    TW_RETURN_IF_ERROR(ReadSegment(segment, skip, each).status());
  }
  return {};
}

void JournalLog::GoOnFrom(std::uint64_t record) {
  next_ = std::max(next_, record);
}

Status JournalLog::StartSegment() {
  if (file_) {
    TW_RETURN_IF_ERROR(file_->Sync());
    TW_RETURN_IF_ERROR(file_->Close());
  }
  Segment segment{next_, JoinPath(directory_, fmt::format("{:020}.log", next_)), 0};
  // One of the same name held no whole record.
  std::erase_if(segments_, [&](const Segment& each) { return each.first == segment.first; });
  TW_ASSIGN_OR_RETURN(file_, files_.Create(segment.path));
  segments_.push_back(std::move(segment));
  written_ = 0;
  named_ = false;
  return {};
}

Status JournalLog::Append(const JournalRecord& record) {
  if (!file_ || written_ > kSegmentBytes) TW_RETURN_IF_ERROR(StartSegment());
  TW_ASSIGN_OR_RETURN(const std::string payload, Encode(record));
  const auto length = static_cast<std::uint32_t>(payload.size());
  const std::uint64_t hash = Hash64(payload);
  std::string bytes(kHead, '\0');
  std::memcpy(bytes.data(), &length, 4);
  std::memcpy(bytes.data() + 4, &hash, 8);
  bytes += payload;
  TW_RETURN_IF_ERROR(file_->Append(bytes));
  written_ += static_cast<std::int64_t>(bytes.size());
  ++segments_.back().records;
  ++next_;
  return {};
}

Status JournalLog::Sync() {
  if (!file_) return {};
  TW_RETURN_IF_ERROR(file_->Sync());
  if (std::exchange(named_, true)) return {};
  return files_.SyncDirectory(directory_);
}

Status JournalLog::Forget(std::uint64_t durable) {
  while (segments_.size() > 1 && segments_[1].first <= durable) {
    TW_RETURN_IF_ERROR(files_.Remove(segments_.front().path));
    segments_.erase(segments_.begin());
  }
  return {};
}

}  // namespace thalweg::flow
