#include "data/quoting.h"

namespace thalweg::data {
namespace {

std::string Quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (const char c : text) {
    if (c == mark) quoted += mark;
    quoted += c;
  }
  return quoted += mark;
}

}  // namespace

std::string QuoteLiteral(std::string_view text) {
  return Quote(text, '\'');
}

std::string QuoteIdentifier(std::string_view name) {
  return Quote(name, '"');
}

}  // namespace thalweg::data
