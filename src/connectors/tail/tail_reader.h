#pragma once

#include <memory>
#include <vector>

#include "connectors/streams/alarm.h"
#include "connectors/tail/tail_body.h"
#include "connectors/tail/tail_file.h"

namespace thalweg::connectors {

/// Reads all files of a `tail`, one as far as it goes and then the next. A file is known by its
/// inode: one that is renamed goes on under its new name if that matches too, else it is read to
/// its end.
class TailReader : public component::Reader {
 public:
  TailReader(const TailBody& body, const component::SourceContext& context);
  /// Opens what is there now, from `places`; none: it is the first start.
  Status Begin(const std::vector<TailPlace>& places, bool first_start);

  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake) override;
  component::Position At() const override;
  Status Ack(const component::Position&) override { return Status::Ok(); }

 private:
  struct Listed {
    std::string path;
    FileKey key;
  };
  /// What matches now, by path.
  Result<std::vector<Listed>> List() const;
  /// One round over the files. True: `polled` holds rows.
  Result<bool> ReadRound(Bytes budget, component::Polled* polled);
  /// Looks for files that were renamed, removed or added. True: there is more to read.
  Result<bool> LookAround();
  Status Reopen(TailPlace place, const std::vector<Listed>& listed);
  Status Add(TailPlace place, const std::string& open_path);
  bool Reads(const FileKey& key) const;

  const TailBody& body_;
  const component::SourceContext& context_;
  std::vector<std::unique_ptr<TailFile>> files_;
  std::size_t turn_ = 0;
  bool ending_ = false, ended_ = false;
  Alarm alarm_;
};

}  // namespace thalweg::connectors
