#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "cli/context.h"
#include "runs/workspace.h"

namespace thalweg::cli {

/// Commands that only look at a file work without a home: in a throw-away one, which ends with the
/// session.
enum class HomeUse {
  kExisting,  ///< kNotFound when there is none
  kCreate,    ///< made where it is missing
  kExistingOrThrowAway,
  kThrowAway,  ///< also where there is a home
};

/// An open home with everything that works on it, for the length of one command.
class Session {
 public:
  static Result<std::unique_ptr<Session>> Open(Context& context, HomeUse use);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  runs::Workspace& workspace() { return *workspace_; }
  /// The same home with a new engine: an engine serves a run, or a query.
  Status Reopen(Context& context);
  bool throw_away() const { return !throw_away_.empty(); }

 private:
  explicit Session(FileSystem& files) : files_(files) {}
  Status OpenHome(Context& context, Result<catalog::Home> home);

  FileSystem& files_;
  std::string throw_away_;  // directory to remove at the end
  std::optional<std::stop_callback<std::function<void()>>> on_interrupt_;
  std::unique_ptr<runs::Workspace> workspace_;
};

/// Where the home of this command is or would be.
std::string HomePath(const Context& context);

/// "user@host".
std::string WhoAmI();

}  // namespace thalweg::cli
