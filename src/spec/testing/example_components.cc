#include "spec/testing/example_components.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace thalweg::spec::testing {

using component::DescriptionOf;
using component::Descriptor;
using component::Duration;
using component::NamedList;
using component::OptionsOf;
using component::Registry;
using component::SqlText;
using component::TypeName;
using component::Value;

namespace {

struct Column {
  TypeName type;
  std::string from;
  static OptionsOf<Column> Describe() {
    return OptionsOf<Column>("a column", "A column of the input.")
        .Field("type", &Column::type, {.doc = "Its type.", .required = true})
        .Field("from", &Column::from,
               {.doc = "How it is written.", .choices = {"text", "epoch_ms"}})
        .Shorthand("type");
  }
};

struct FilesIn {
  std::vector<std::string> files, nulls;
  NamedList<Column> columns;
  std::string bad_rows;
  std::int64_t skip = 0;
  static OptionsOf<FilesIn> Describe() {
    return OptionsOf<FilesIn>("files", "Text files.")
        .Field("files", &FilesIn::files,
               {.doc = "Paths.", .required = true, .scalar_or_list = true})
        .Field("nulls", &FilesIn::nulls, {.doc = "Texts that mean NULL.", .scalar_or_list = true})
        .Field("columns", &FilesIn::columns, {.doc = "Types by column."})
        .Field("bad_rows", &FilesIn::bad_rows,
               {.doc = "What is done with rows that cannot be read.",
                .default_text = "fail",
                .choices = {"fail", "drop", "quarantine"}})
        .Field("skip", &FilesIn::skip, {.doc = "Lines before the first row.", .default_text = "0"});
  }
};

struct FilesOut {
  std::string files, compression;
  std::int64_t threads = 0;
  static OptionsOf<FilesOut> Describe() {
    return OptionsOf<FilesOut>("files", "One file.")
        .Field("files", &FilesOut::files, {.doc = "Its path.", .required = true})
        .Field("compression", &FilesOut::compression,
               {.doc = "How bytes are packed.", .choices = {"none", "zstd"}})
        .Field("threads", &FilesOut::threads, {.doc = "How many write.", .changes_rows = false});
  }
};

struct TopicIn {
  std::string topic, format;
  NamedList<Column> columns;
  static OptionsOf<TopicIn> Describe() {
    return OptionsOf<TopicIn>("topic", "Events.")
        .Field("topic", &TopicIn::topic, {.doc = "Its name.", .required = true})
        .Field("format", &TopicIn::format,
               {.doc = "How events are written.", .choices = {"json", "csv"}})
        .Field("columns", &TopicIn::columns, {.doc = "Types by column."});
  }
};

struct Filter {
  SqlText condition;
  static OptionsOf<Filter> Describe() {
    return OptionsOf<Filter>("filter", "Keeps rows.")
        .Field("condition", &Filter::condition, {.doc = "What must be true.", .required = true})
        .Shorthand("condition");
  }
};

struct Lookup {
  std::string in, missing;
  std::vector<std::string> match, take;
  std::optional<Duration> refresh;
  static OptionsOf<Lookup> Describe() {
    return OptionsOf<Lookup>("lookup", "Adds columns of a table.")
        .Field("in", &Lookup::in, {.doc = "The table.", .required = true})
        .Field("match", &Lookup::match,
               {.doc = "Columns that agree.", .required = true, .scalar_or_list = true})
        .Field("take", &Lookup::take, {.doc = "Columns to add.", .scalar_or_list = true})
        .Field("missing", &Lookup::missing,
               {.doc = "Rows without a match.", .choices = {"drop", "null"}})
        .Field("refresh", &Lookup::refresh, {.doc = "How often the table is read again."});
  }
};

struct Window {
  std::optional<Duration> tumbling;
  static OptionsOf<Window> Describe() {
    return OptionsOf<Window>("window", "Rows by time.")
        .Field("tumbling", &Window::tumbling, {.doc = "Length."})
        .Shorthand("tumbling");
  }
};

struct Aggregate {
  std::vector<std::string> by;
  std::optional<Window> window;
  std::string late;
  NamedList<SqlText> columns;
  static OptionsOf<Aggregate> Describe() {
    return OptionsOf<Aggregate>("aggregate", "One row per group.")
        .Field("by", &Aggregate::by, {.doc = "Group columns.", .scalar_or_list = true})
        .Field("window", &Aggregate::window, {.doc = "Window."})
        .Field("late", &Aggregate::late,
               {.doc = "Late rows.", .choices = {"drop", "side", "update"}})
        .Field("columns", &Aggregate::columns, {.doc = "What is computed.", .required = true});
  }
};

struct NoSource : component::SourceOptions {
  std::unique_ptr<component::Source> Make(const component::SourceContext&) const override {
    return nullptr;
  }
};
struct NoTarget : component::TargetOptions {
  std::unique_ptr<component::Target> Make(const component::TargetContext&) const override {
    return nullptr;
  }
};
struct NoOperator : component::OperatorSpec {
  Result<component::Bound> Bind(std::span<const data::EdgeType>,
                                const component::MakeEvaluator&) const override {
    return Status::Unsupported("an example has nothing behind it");
  }
  std::optional<std::string> Lower(component::Dialect,
                                   std::span<const data::EdgeType>) const override {
    return std::nullopt;
  }
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType>) const override {
    return Status::Unsupported("an example has nothing behind it");
  }
};

template <typename Options>
Descriptor Describe(std::string name, std::string summary) {
  Descriptor descriptor;
  descriptor.name = std::move(name);
  descriptor.summary = std::move(summary);
  descriptor.options = DescriptionOf<Options>().info();
  descriptor.promise = "Nothing is promised.";
  return descriptor;
}

template <typename Options>
Registry::MakeSource SourceOf() {
  return [](const Value& body, const std::vector<std::string>& ignored,
            Diagnostics& diagnostics) -> std::unique_ptr<component::SourceOptions> {
    Options options;
    if (!DescriptionOf<Options>().Read(body, ignored, &options, diagnostics)) return nullptr;
    return std::make_unique<NoSource>();
  };
}

template <typename Options>
Registry::MakeOperator OperatorOf() {
  return
      [](const Value& body, Diagnostics& diagnostics) -> std::unique_ptr<component::OperatorSpec> {
        Options options;
        if (!DescriptionOf<Options>().Read(body, {}, &options, diagnostics)) return nullptr;
        return std::make_unique<NoOperator>();
      };
}

}  // namespace

Registry ExampleRegistry() {
  Registry registry;
  registry.Add(Describe<FilesIn>("files", "Reads files."), SourceOf<FilesIn>());
  Descriptor topic = Describe<TopicIn>("topic", "Reads events.");
  topic.unbounded = true;
  registry.Add(std::move(topic), SourceOf<TopicIn>());
  registry.Add(Describe<FilesOut>("files", "Writes files."),
               [](const Value& body, const std::vector<std::string>& ignored,
                  Diagnostics& diagnostics) -> std::unique_ptr<component::TargetOptions> {
                 FilesOut options;
                 if (!DescriptionOf<FilesOut>().Read(body, ignored, &options, diagnostics))
                   return nullptr;
                 return std::make_unique<NoTarget>();
               });
  registry.Add(Describe<Filter>("filter", "Keeps the rows for which a condition is true."),
               OperatorOf<Filter>());
  registry.Add(Describe<Lookup>("lookup", "Adds columns of a table."), OperatorOf<Lookup>());
  registry.Add(Describe<Aggregate>("aggregate", "One row per group and window."),
               OperatorOf<Aggregate>());
  return registry;
}

}  // namespace thalweg::spec::testing
