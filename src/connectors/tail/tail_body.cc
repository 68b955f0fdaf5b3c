#include "connectors/tail/tail_body.h"
#include "connectors/text_keys.h"

namespace thalweg::connectors {

component::OptionsOf<TailBody> TailBody::Describe() {
  component::OptionsOf<TailBody> options("tail", "Files that grow.");
  options
      .Field("tail", &TailBody::tail,
             {.doc = "Path, directory or pattern (* ? [a-z] {a,b} **), or a list of them; from the "
                     "directory of the pipeline file. Files that match later are read too.",
              .example = "logs/*.ndjson",
              .required = true,
              .scalar_or_list = true})
      .Field("from", &TailBody::from,
             {.doc = "Where files begin that are there at the first start. Later ones begin at "
                     "their beginning.",
              .default_text = "beginning",
              .choices = {"beginning", "end"}})
      .Field("end_at_eof", &TailBody::end_at_eof,
             {.doc = "Ends the stream when all that is there was read.", .default_text = "false"})
      .Field("look_every", &TailBody::look_every,
             {.doc = "How often files are looked at for more.",
              .default_text = "100ms",
              .changes_rows = false});
  return AddStreamSourceKeys(options);
}

bool TailBody::Check(const component::Value& body, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  if (tail.empty()) {
    diagnostics.Error("empty-value", "\"tail\" names no file", PlaceOfKey(body, "tail"));
  }
  if (look_every < std::chrono::milliseconds(1)) {
    diagnostics.Error("bad-value", "\"look_every\" must be 1ms or more",
                      PlaceOfKey(body, "look_every"));
  }
  const bool good = CheckStream(body, diagnostics);
  if (good && from == "end" && decoding.format == formats::StreamFormat::kArrow) {
    diagnostics.Error("bad-value", "an Arrow stream cannot be begun at its end",
                      PlaceOfKey(body, "from"), "remove it");
  }
  return diagnostics.errors() == before;
}

}  // namespace thalweg::connectors
