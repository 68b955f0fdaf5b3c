#include "runs/workspace.h"

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace thalweg::runs {

namespace {

constexpr std::string_view kIdentityCache = "identity";

/// "size:mtime:hash", the value behind a path in the cache.
std::string EncodeIdentity(const data::FileIdentity& identity) {
  return fmt::format("{}:{}:{}", identity.size.value, identity.mtime_ns, identity.content);
}

}  // namespace

Workspace::Workspace(Parts parts, catalog::Home home, std::unique_ptr<catalog::Catalog> catalog)
    : parts_(std::move(parts)),
      home_(std::move(home)),
      catalog_(std::move(catalog)),
      memory_(parts_.memory) {}

int Workspace::threads() const {
  if (parts_.threads > 0) return parts_.threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::string Workspace::EngineGeneration() const {
  const std::string& version = parts_.engine_version;
  std::size_t dot = version.find('.');
  if (dot != std::string::npos) dot = version.find('.', dot + 1);
  return parts_.engine_name + " " + version.substr(0, dot);
}

Status Workspace::OpenEngine() {
  if (opened_.engine) return {};
  if (!spill_) {
    TW_ASSIGN_OR_RETURN(spill_, catalog::SpillClaim::Take(home_));
  }
  TW_ASSIGN_OR_RETURN(opened_, parts_.open_engine(home_.SpillDirectory()));
  return {};
}

Result<component::Engine*> Workspace::engine() {
  std::lock_guard lock(mutex_);
  TW_RETURN_IF_ERROR(OpenEngine());
  return opened_.engine.get();
}

Result<sql::Analyzer*> Workspace::analyzer() {
  std::lock_guard lock(mutex_);
  TW_RETURN_IF_ERROR(OpenEngine());
  return opened_.analyzer.get();
}

Result<component::MakeEvaluator> Workspace::make_evaluator() {
  std::lock_guard lock(mutex_);
  TW_RETURN_IF_ERROR(OpenEngine());
  return opened_.make_evaluator;
}

Result<data::FileIdentity> Workspace::Identify(const std::string& path) {
  data::FileIdentity identity;
  identity.path = AbsolutePath(path);
  TW_ASSIGN_OR_RETURN(const FileInfo info, files().Stat(identity.path));
  identity.size = info.size;
  identity.mtime_ns = info.mtime_ns;
  if (!parts_.verify) {
    TW_ASSIGN_OR_RETURN(const auto remembered, catalog_->CacheGet(kIdentityCache, identity.path));
    const std::string prefix = EncodeIdentity(identity);
    if (remembered && remembered->starts_with(prefix)) {
      identity.content = remembered->substr(prefix.size());
      return identity;
    }
  }
  TW_ASSIGN_OR_RETURN(const Hash128 hash, HashFile(files(), identity.path));
  identity.content = hash.ToHex();
  const std::pair<std::string, std::string> entry(identity.path, EncodeIdentity(identity));
  TW_RETURN_IF_ERROR(catalog_->CachePut(kIdentityCache, std::span(&entry, 1)));
  return identity;
}

component::SourceContext Workspace::MakeSourceContext(const std::string& directory,
                                                      component::Engine* engine) {
  component::SourceContext context;
  context.files = parts_.files;
  context.clock = parts_.clock;
  context.directory = directory;
  context.engine = engine;
  context.identify = [this](const std::string& path) { return Identify(path); };
  return context;
}

component::TargetContext Workspace::MakeTargetContext(const std::string& directory) {
  return {.files = parts_.files, .clock = parts_.clock, .directory = directory};
}

}  // namespace thalweg::runs
