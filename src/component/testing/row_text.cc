#include "component/testing/row_text.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "formats/json_encoder.h"

namespace thalweg::component {

std::vector<std::string> RowsAsText(const data::Batch& batch) {
  std::vector<std::string> rows;
  if (batch == nullptr) return rows;
  const arrow::Status valid = batch->ValidateFull();
  if (!valid.ok()) return {"INVALID BATCH " + valid.ToString()};
  formats::JsonEncoder encoder(batch->schema(), formats::JsonEncoder::Layout::kLines);
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    std::string& text = rows.emplace_back();
    const Status status = encoder.Encode(*batch->Slice(row, 1), &text);
    if (!status.ok()) text = status.ToString();
    while (text.ends_with('\n')) text.pop_back();
  }
  return rows;
}

std::ostream& operator<<(std::ostream& out, const ReadText& text) {
  for (const std::string& row : text.rows) out << "\n  row " << row;
  for (const std::string& reject : text.rejects) out << "\n  reject " << reject;
  return out << "\n  error " << text.error << "\n";
}

void AddPolled(const Polled& polled, ReadText* text) {
  const auto rows = RowsAsText(polled.rows);
  text->rows.insert(text->rows.end(), rows.begin(), rows.end());
  for (const Reject& reject : polled.rejects) {
    text->rejects.push_back(fmt::format("{}|{}|{}", reject.line, reject.column, reject.reason));
  }
}

ReadText ReadAll(Reader& reader, Bytes budget) {
  ReadText text;
  while (true) {
    const auto polled = reader.Poll(budget, [] {});
    if (!polled.ok()) {
      text.error = polled.status().slug();
      return text;
    }
    AddPolled(*polled, &text);
    if (polled->state == Polled::State::kEnd) return text;
  }
}

}  // namespace thalweg::component
