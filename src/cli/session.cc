#include "cli/session.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/ids.h"
#include "catalog/catalog.h"
#include "catalog/home.h"

namespace thalweg::cli {
namespace {

runs::Workspace::Parts PartsOf(Context& context) {
  runs::Workspace::Parts parts;
  parts.files = &context.files();
  parts.clock = &context.clock();
  parts.registry = &context.registry();
  parts.engine_name = context.program().engine_name;
  parts.engine_version = context.program().engine_version;
  parts.memory = context.options().memory;
  parts.threads = context.options().threads;
  parts.actor = WhoAmI();
  parts.verify = context.options().verify;
  parts.open_engine = [open = context.program().open_engine, memory = parts.memory,
                       threads = parts.threads](const std::string& spill) {
    return open({.memory = memory, .threads = threads, .spill_directory = spill});
  };
  return parts;
}

/// The processes of a throw-away home are this one: it may lie in memory, and nothing of it needs
/// to be kept.
std::string ThrowAwayPath() {
  const char* directory = std::getenv("TMPDIR");
  return JoinPath(directory != nullptr && *directory != '\0' ? directory : "/tmp",
                  "thalweg-" + NewUlid());
}

}  // namespace

std::string HomePath(const Context& context) {
  return catalog::Home::Locate(AbsolutePath("."), context.options().home);
}

std::string WhoAmI() {
  std::string user = "unknown";
  if (const passwd* entry = getpwuid(geteuid()); entry != nullptr) user = entry->pw_name;
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return fmt::format("{}@{}", user, host);
}

Result<std::unique_ptr<Session>> Session::Open(Context& context, HomeUse use) {
  FileSystem& files = context.files();
  std::unique_ptr<Session> session(new Session(files));
  std::string path = HomePath(context);
  if (use == HomeUse::kThrowAway ||
      (use == HomeUse::kExistingOrThrowAway && !catalog::Home::Exists(files, path))) {
    path = session->throw_away_ = ThrowAwayPath();
    TW_RETURN_IF_ERROR(files.MakeDirectory(path));
    // Nothing in it is worth an orderly stop.
    session->on_interrupt_.emplace(context.StopOnInterrupt(), [&context, &files, path] {
      (void)RemoveTree(files, path);
      _exit(static_cast<int>(context.InterruptedOr(ExitCode::kInterrupted)));
    });
  }
  const bool create = use == HomeUse::kCreate || session->throw_away();
  TW_RETURN_IF_ERROR(session->OpenHome(context, create ? catalog::Home::OpenOrCreate(files, path)
                                                       : catalog::Home::Open(files, path)));
  return session;
}

Status Session::OpenHome(Context& context, Result<catalog::Home> home) {
  TW_RETURN_IF_ERROR(home.status());
  TW_ASSIGN_OR_RETURN(auto catalog, catalog::Catalog::Open(*home, context.clock()));
  workspace_ =
      std::make_unique<runs::Workspace>(PartsOf(context), *std::move(home), std::move(catalog));
  return {};
}

Status Session::Reopen(Context& context) {
  const std::string path = workspace_->home().path();
  workspace_.reset();
  return OpenHome(context, catalog::Home::Open(files_, path));
}

Session::~Session() {
  on_interrupt_.reset();
  workspace_.reset();
  if (throw_away()) (void)RemoveTree(files_, throw_away_);
}

}  // namespace thalweg::cli
