#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "component/fields.h"
#include "spec/pipeline.h"

namespace thalweg::spec {

/// A value with ${...} filled in.
struct Filled {
  Value value;
  Value recorded;  ///< the same, but secrets and ${run.x} stand as they were written: for what is
                   ///< kept or hashed
  bool uses_run = false;  ///< ${run.x} stands where it changes rows
  bool failed =
      false;  ///< something could not be filled in: reading the value would only report it again
};

/// Fills ${name}, ${env.X}, ${secret.X}, ${run.x} into the strings of a document. SQL is left
/// alone, and refused when it holds such a thing: values reach it as prepared parameters. What is
/// SQL is known from the descriptions.
class Substitution {
 public:
  /// What may be used besides: in the defaults of parameters only the environment.
  enum class Scope { kAll, kEnvironment };

  /// `params`, `unusable` and `environment` outlive this. `unusable` are parameters whose value has
  /// been reported as wrong or missing; `environment` collects the variables that were used.
  Substitution(const std::vector<ParameterSpec>& params, const std::set<std::string>& unusable,
               const LoadOptions& options, std::map<std::string, std::string>* environment,
               Diagnostics& diagnostics)
      : params_(params),
        unusable_(unusable),
        options_(options),
        environment_(environment),
        diagnostics_(diagnostics) {}

  /// `infos`: descriptions whose fields the map may hold; the first one's shorthand counts.
  Filled Object(const Value& value, const std::vector<const component::ObjectInfo*>& infos);
  /// `info` null: anything.
  Filled Field(const Value& value, const component::FieldInfo* info, Scope scope = Scope::kAll);
  /// Reports ${...} in SQL; false when there was any.
  bool CheckSql(const Value& sql);

 private:
  Filled List(const Value& value, const component::FieldInfo* element, Scope scope);
  Filled Map(const Value& value, const component::FieldInfo* element, Scope scope);
  Filled Text(const Value& value, Scope scope);
  struct Piece {
    std::string text;
    bool keep = false;  ///< in what is recorded it stands as written
    bool is_run = false;
    const ParameterSpec* param = nullptr;
  };
  /// None after reporting.
  std::optional<Piece> Resolve(std::string_view name, const Span& span, Scope scope);
  std::optional<Piece> ResolveParameter(std::string_view name, const Span& span);
  std::optional<Piece> ResolveVariable(std::string_view name, const Span& span);
  std::optional<Piece> ResolveSecret(std::string_view name, const Span& span);
  std::optional<Piece> ResolveRun(std::string_view name, const Span& span);

  const std::vector<ParameterSpec>& params_;
  const std::set<std::string>& unusable_;
  const LoadOptions& options_;
  std::map<std::string, std::string>* environment_;
  Diagnostics& diagnostics_;
};

}  // namespace thalweg::spec
