#include "connectors/generator/generator_body.h"

#include <charconv>

#include <fmt/format.h>

namespace thalweg::connectors {

using component::OptionsOf;
using component::Value;
using Kind = GeneratedColumn::Kind;

namespace {

constexpr std::int64_t kMostKeys = 1'000'000'000'000;

template <typename T>
bool ParseWhole(const std::string& text, T* out) {
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, *out);
  return error == std::errc() && end == last && !text.empty();
}

/// Checks one column; the ones in front of it are known.
class ColumnChecker {
 public:
  ColumnChecker(GeneratorBody& body, std::size_t index, const Value::Entry& entry,
                Diagnostics& diagnostics)
      : body_(body),
        column_(body.generator[index].second),
        index_(index),
        entry_(entry),
        diagnostics_(diagnostics) {}

  void Check() {
    const int given = column_.sequence.has_value() + column_.key.has_value() +
                      column_.uniform.has_value() + column_.choice.has_value() +
                      column_.time.has_value() + column_.text.has_value() +
                      column_.stamp.has_value();
    if (given != 1) {
      return Error(fmt::format("column \"{}\" needs exactly one way to come about", entry_.key),
                   "write one of sequence, key, uniform, choice, time, text, stamp");
    }
    if (column_.sequence) column_.kind = Kind::kSequence;
    if (column_.key) CheckKey();
    if (column_.uniform) CheckRange();
    if (column_.choice) {
      column_.kind = Kind::kChoice;
      if (column_.choice->empty()) Error("\"choice\" lists no value", "write [a, b]");
    }
    if (column_.time) CheckTime();
    if (column_.text) CheckText();
    if (column_.stamp) {
      column_.kind = Kind::kStamp;
      if (!*column_.stamp) Error("\"stamp\" is true or not there", "remove it");
    }
  }

 private:
  void Error(std::string message, std::string hint) {
    diagnostics_.Error("bad-value", std::move(message), entry_.value.span(), {}, std::move(hint));
  }

  void CheckKey() {
    column_.kind = Kind::kKey;
    if (column_.key->count < 1 || column_.key->count > kMostKeys) {
      Error("\"count\" must be between 1 and 1000000000000", "write how many keys there are");
    }
  }

  void CheckRange() {
    const auto& [low, high] = *column_.uniform;
    if (ParseWhole(low.text, &column_.least) && ParseWhole(high.text, &column_.most)) {
      column_.kind = Kind::kIntegers;
      if (column_.least > column_.most) Error("\"min\" is greater than \"max\"", "exchange them");
      return;
    }
    column_.kind = Kind::kReals;
    if (!ParseWhole(low.text, &column_.real_least) || !ParseWhole(high.text, &column_.real_most)) {
      return Error("\"min\" and \"max\" must be numbers", "write {min: 0, max: 100}");
    }
    if (!(column_.real_least <= column_.real_most)) {
      Error("\"min\" is greater than \"max\"", "exchange them");
    }
  }

  void CheckTime() {
    column_.kind = Kind::kTime;
    const auto start = ParseInstant(column_.time->start);
    if (!start.ok()) {
      return Error(start.status().message(), "write start: 2024-01-01T00:00:00Z");
    }
    column_.time->start_us = start->time_since_epoch().count();
    if (column_.time->step.count() < 0 || column_.time->jitter.count() < 0) {
      Error("\"step\" and \"jitter\" must not be negative", "write step: 1ms");
    }
  }

  void CheckText() {
    column_.kind = Kind::kText;
    const std::string& text = *column_.text;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t open = text.find('{', at);
      const std::size_t close = text.find('}', open == std::string::npos ? at : open);
      if (open == std::string::npos || close == std::string::npos) {
        column_.pieces.emplace_back(text.substr(at), -2);
        return;
      }
      const std::string name = text.substr(open + 1, close - open - 1);
      column_.pieces.emplace_back(text.substr(at, open - at), Reference(name));
      at = close + 1;
    }
  }

  int Reference(const std::string& name) {
    if (name == "row") return -1;
    for (std::size_t i = 0; i < index_; ++i) {
      const auto& [other, column] = body_.generator[i];
      const bool simple = column.kind == Kind::kSequence || column.kind == Kind::kKey ||
                          column.kind == Kind::kIntegers || column.kind == Kind::kChoice;
      if (other == name && simple) return static_cast<int>(i);
    }
    Error(fmt::format("\"text\" names {{{}}}, which is no column in front of it", name),
          "name a column of sequence, key, integers or choice that stands above, or {row}");
    return -2;
  }

  GeneratorBody& body_;
  GeneratedColumn& column_;
  std::size_t index_;
  const Value::Entry& entry_;
  Diagnostics& diagnostics_;
};

}  // namespace

OptionsOf<GeneratedColumn::Key> GeneratedColumn::Key::Describe() {
  return OptionsOf<Key>("key", "Whole numbers from 0 to count - 1, at random.")
      .Field("count", &Key::count, {.doc = "How many.", .example = "100", .required = true})
      .Field("skew", &Key::skew,
             {.doc = "uniform: all as often; zipf: key k about in proportion to 1 / (k + 1).",
              .default_text = "uniform",
              .choices = {"uniform", "zipf"}})
      .Shorthand("count");
}

OptionsOf<GeneratedColumn::Range> GeneratedColumn::Range::Describe() {
  return OptionsOf<Range>("uniform",
                          "Numbers between two, at random. Two whole numbers give whole "
                          "numbers, both included.")
      .Field("min", &Range::min, {.doc = "The least.", .example = "0", .required = true})
      .Field("max", &Range::max, {.doc = "The greatest.", .example = "99.5", .required = true});
}

OptionsOf<GeneratedColumn::Time> GeneratedColumn::Time::Describe() {
  return OptionsOf<Time>("time",
                         "Times that advance with the rows: row i has start + i * step, less "
                         "up to jitter at random.")
      .Field("start", &Time::start,
             {.doc = "Of the first row.",
              .default_text = "1970-01-01T00:00:00Z",
              .example = "2024-01-01T00:00:00Z"})
      .Field("step", &Time::step, {.doc = "From row to row.", .example = "1ms", .required = true})
      .Field("jitter", &Time::jitter,
             {.doc = "How far rows can be out of order.", .default_text = "0s", .example = "5s"})
      .Shorthand("step");
}

OptionsOf<GeneratedColumn> GeneratedColumn::Describe() {
  return OptionsOf<GeneratedColumn>("column",
                                    "How the values of a column come about: one of the keys.")
      .Field("sequence", &GeneratedColumn::sequence,
             {.doc = "bigint: this number, and one more in each row.", .example = "0"})
      .Field("key", &GeneratedColumn::key,
             {.doc = "bigint: a key out of so many.", .example = "{count: 100, skew: zipf}"})
      .Field("uniform", &GeneratedColumn::uniform,
             {.doc = "bigint or double: a number between two.", .example = "{min: 0, max: 99}"})
      .Field("choice", &GeneratedColumn::choice,
             {.doc = "varchar: one of these texts.", .example = "[view, click, purchase]"})
      .Field("time", &GeneratedColumn::time,
             {.doc = "timestamptz: a time that advances with the rows.",
              .example = "{start: 2024-01-01T00:00:00Z, step: 1ms, jitter: 5s}"})
      .Field("text", &GeneratedColumn::text,
             {.doc = "varchar: this text, with the values of columns above it in braces; {row} is "
                     "the number of the row.",
              .example = "\"ad-{id}\""})
      .Field("stamp", &GeneratedColumn::stamp,
             {.doc = "timestamptz: the clock when the row was made, for measuring. The one thing "
                     "that differs from run to run.",
              .example = "true"});
}

OptionsOf<GeneratorBody> GeneratorBody::Describe() {
  return OptionsOf<GeneratorBody>("generator", "Rows that are made up.")
      .Field("generator", &GeneratorBody::generator,
             {.doc = "Columns by name, and how their values come about.",
              .example = "{id: {sequence: 0}, ad: {key: 100}}",
              .required = true})
      .Field("rows", &GeneratorBody::rows,
             {.doc = "How many. Without it the stream does not end.", .example = "1000000"})
      .Field("rate", &GeneratorBody::rate,
             {.doc = "Rows in a second, by the clock. Without it as many as are taken.",
              .example = "10000",
              .changes_rows = false})
      .Field("seed", &GeneratorBody::seed,
             {.doc = "Another one gives other random values.", .default_text = "0"});
}

bool GeneratorBody::Check(const Value& body, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  const Value* value = body.Find("generator");
  if (generator.empty()) {
    diagnostics.Error("empty-value", "\"generator\" names no column", body.span());
  }
  for (std::size_t i = 0; i < generator.size(); ++i) {
    ColumnChecker(*this, i, value->entries()[i], diagnostics).Check();
  }
  if (rows && *rows < 0) {
    diagnostics.Error("bad-value", "\"rows\" must not be negative", body.Find("rows")->span());
  }
  if (rate && !(*rate > 0)) {
    diagnostics.Error("bad-value", "\"rate\" must be positive", body.Find("rate")->span());
  }
  if (diagnostics.errors() == before) {
    if (const auto stored = data::StoredColumns(columns()); !stored.ok()) {
      diagnostics.Error(stored.status().slug(), stored.status().message(), body.span());
    }
  }
  return diagnostics.errors() == before;
}

std::string GeneratedColumn::type() const {
  switch (kind) {
    case Kind::kSequence:
    case Kind::kKey:
    case Kind::kIntegers:
      return "bigint";
    case Kind::kReals:
      return "double";
    case Kind::kTime:
    case Kind::kStamp:
      return "timestamptz";
    case Kind::kChoice:
    case Kind::kText:
      break;
  }
  return "varchar";
}

data::Columns GeneratorBody::columns() const {
  data::Columns columns;
  for (const auto& [name, column] : generator) columns.push_back({0, name, column.type()});
  return columns;
}

bool GeneratorBody::deterministic() const {
  for (const auto& [name, column] : generator) {
    if (column.kind == Kind::kStamp) return false;
  }
  return true;
}

}  // namespace thalweg::connectors
