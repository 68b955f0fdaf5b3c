#include "connectors/tail/tail_source.h"

#include "connectors/streams/decoded_rows.h"
#include "connectors/tail/tail_position.h"
#include "connectors/tail/tail_reader.h"

namespace thalweg::connectors {

TailSource::TailSource(TailBody body, component::SourceContext context)
    : body_(std::move(body)), context_(std::move(context)) {}

Result<data::Columns> TailSource::TableColumns() {
  return ColumnsOf(body_.decoding.columns);
}

Result<data::EdgeType> TailSource::Bind() {
  return StreamEdge(ColumnsOf(body_.decoding.columns));
}

Result<std::optional<component::Fingerprint>> TailSource::Identity() {
  return std::optional<component::Fingerprint>();
}

Result<std::vector<component::Split>> TailSource::Discover(const component::SourceState&) {
  return std::vector<component::Split>{{"files", {}}};
}

Result<std::unique_ptr<component::Reader>> TailSource::Open(const component::Split&,
                                                            const component::Position& from) {
  TW_ASSIGN_OR_RETURN(const auto places, ParseTailPosition(from));
  auto reader = std::make_unique<TailReader>(body_, context_);
  TW_RETURN_IF_ERROR(reader->Begin(places, from.text.empty()));
  return Result<std::unique_ptr<component::Reader>>(std::move(reader));
}

}  // namespace thalweg::connectors
