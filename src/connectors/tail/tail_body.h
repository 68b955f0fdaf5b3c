#pragma once

#include "connectors/streams/stream_body.h"

namespace thalweg::connectors {

/// The body of a source with the key `tail`.
struct TailBody : StreamSourceKeys {
  std::vector<std::string> tail;
  std::string from = "beginning";
  bool end_at_eof = false;
  component::Duration look_every = std::chrono::milliseconds(100);

  static component::OptionsOf<TailBody> Describe();
  bool Check(const component::Value& body, Diagnostics& diagnostics);
};

}  // namespace thalweg::connectors
