#include "formats/csv_splitter.h"

namespace thalweg::formats {

CsvSplitter::CsvSplitter(const CsvDialect& dialect)
    : dialect_(dialect), skip_blanks_(dialect.delimiter.find(' ') == std::string::npos) {
  const auto mark = [&](char c, CharKind kind) {
    auto& kinds = kinds_[static_cast<unsigned char>(c)];
    kinds = static_cast<std::uint8_t>(kinds | kind);
  };
  mark(dialect_.delimiter.front(), kDelimiter);
  mark('\n', kLineEnd);
  mark('\r', kLineEnd);
  if (dialect_.quote != '\0') mark(dialect_.quote, kQuote);
  if (dialect_.quote != '\0' && dialect_.escape != '\0') mark(dialect_.escape, kEscape);
}

void CsvSplitter::Next() {
  state_ = State::kFieldBegin;
  at_ = 0;
  field_ = CsvField();
  fields_.clear();
  line_ends_ = 0;
  error_.clear();
}

bool CsvSplitter::Find(std::string_view text, bool end) {
  while (at_ < text.size()) {
    Step step = Step::kOn;
    switch (state_) {
      case State::kFieldBegin:
        TakePlainFields(text);
        if (at_ < text.size()) step = BeginField(text);
        break;
      case State::kPlain:
        step = ReadPlain(text, end);
        break;
      case State::kQuoted:
        step = ReadQuoted(text, end);
        break;
      case State::kAfterQuote:
        step = ReadAfterQuote(text, end);
        break;
      case State::kBroken:
        step = ReadBroken(text, end);
        break;
    }
    if (step == Step::kFound) return true;
    if (step == Step::kWait) return false;
  }
  return end && !text.empty() && FinishAtEnd(text);
}

void CsvSplitter::TakePlainFields(std::string_view text) {
  if (dialect_.delimiter.size() != 1) return;
  while (at_ < text.size() && (KindAt(text) & kQuote) == 0 && !(skip_blanks_ && text[at_] == ' ')) {
    std::size_t end = at_;
    while (end < text.size() &&
           (kinds_[static_cast<unsigned char>(text[end])] & (kDelimiter | kLineEnd)) == 0) {
      ++end;
    }
    if (end == text.size() || text[end] != dialect_.delimiter.front()) return;
    fields_.push_back({at_, end, false, false});
    at_ = field_.begin = end + 1;
  }
}

CsvSplitter::Step CsvSplitter::BeginField(std::string_view text) {
  if (KindAt(text) & kQuote) {
    field_.quoted = true;
    field_.begin = ++at_;
    state_ = State::kQuoted;
  } else if (skip_blanks_ && text[at_] == ' ') {
    ++at_;
  } else {
    state_ = State::kPlain;
  }
  return Step::kOn;
}

CsvSplitter::Step CsvSplitter::ReadPlain(std::string_view text, bool end) {
  while (at_ < text.size() && (KindAt(text) & (kDelimiter | kLineEnd)) == 0) ++at_;
  if (at_ == text.size()) return Step::kOn;
  if (KindAt(text) & kLineEnd) return TakeLineEnd(text, end, at_);
  bool taken = false;
  const Step step = TakeDelimiter(text, end, at_, &taken);
  if (step == Step::kOn && !taken) ++at_;
  return step;
}

CsvSplitter::Step CsvSplitter::ReadQuoted(std::string_view text, bool end) {
  while (at_ < text.size() && (KindAt(text) & (kQuote | kEscape | kLineEnd)) == 0) ++at_;
  if (at_ == text.size()) return Step::kOn;
  const char c = text[at_];
  const bool last = at_ + 1 == text.size();
  const std::uint8_t kind = KindAt(text);
  if (kind & kLineEnd) {
    if (c == '\r' && last && !end) return Step::kWait;
    // "\r\n" counts once, with its second byte.
    if (c == '\n' || last || text[at_ + 1] != '\n') ++line_ends_;
    ++at_;
    return Step::kOn;
  }
  if (kind & kEscape) {
    if (last && !end) return Step::kWait;
    if (!last && (text[at_ + 1] == dialect_.quote || text[at_ + 1] == dialect_.escape)) {
      field_.escaped = true;
      at_ += 2;
      return Step::kOn;
    }
  }
  if (kind & kQuote) {
    field_.end = at_;
    state_ = State::kAfterQuote;
  }
  ++at_;
  return Step::kOn;
}

CsvSplitter::Step CsvSplitter::ReadAfterQuote(std::string_view text, bool end) {
  if (KindAt(text) & kLineEnd) return TakeLineEnd(text, end, field_.end);
  bool taken = false;
  const Step step = TakeDelimiter(text, end, field_.end, &taken);
  if (step == Step::kWait || taken) return step;
  if (!skip_blanks_ || text[at_] != ' ') {
    error_ = "text after a closing quote";
    state_ = State::kBroken;
  }
  ++at_;
  return Step::kOn;
}

CsvSplitter::Step CsvSplitter::ReadBroken(std::string_view text, bool end) {
  while (at_ < text.size() && (KindAt(text) & kLineEnd) == 0) ++at_;
  return at_ == text.size() ? Step::kOn : TakeLineEnd(text, end, at_);
}

CsvSplitter::Step CsvSplitter::TakeDelimiter(std::string_view text, bool end, std::size_t field_end,
                                             bool* taken) {
  if ((KindAt(text) & kDelimiter) == 0) return Step::kOn;
  const std::string_view found = text.substr(at_, dialect_.delimiter.size());
  if (found != dialect_.delimiter) {
    const bool begun = found == std::string_view(dialect_.delimiter).substr(0, found.size());
    return begun && !end ? Step::kWait : Step::kOn;
  }
  CloseField(field_end);
  at_ += dialect_.delimiter.size();
  field_.begin = at_;
  state_ = State::kFieldBegin;
  *taken = true;
  return Step::kOn;
}

CsvSplitter::Step CsvSplitter::TakeLineEnd(std::string_view text, bool end, std::size_t field_end) {
  const bool last = at_ + 1 == text.size();
  const bool carriage_return = text[at_] == '\r';
  if (carriage_return && last && !end) return Step::kWait;
  CloseField(field_end);
  content_ = at_;
  size_ = at_ + (carriage_return && !last && text[at_ + 1] == '\n' ? 2 : 1);
  ++line_ends_;
  return Step::kFound;
}

void CsvSplitter::CloseField(std::size_t end) {
  field_.end = end;
  fields_.push_back(field_);
  field_ = CsvField();
}

bool CsvSplitter::FinishAtEnd(std::string_view text) {
  if (state_ == State::kQuoted) error_ = "a quote is not closed";
  CloseField(state_ == State::kAfterQuote ? field_.end : text.size());
  content_ = size_ = text.size();
  return true;
}

std::string_view CsvSplitter::Text(std::string_view row, const CsvField& field,
                                   std::string* scratch) const {
  const std::string_view text = row.substr(field.begin, field.end - field.begin);
  if (!field.escaped) return text;
  scratch->clear();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == dialect_.escape && at + 1 < text.size() &&
                        (text[at + 1] == dialect_.quote || text[at + 1] == dialect_.escape);
    if (escape) ++at;
    scratch->push_back(text[at]);
  }
  return *scratch;
}

}  // namespace thalweg::formats
