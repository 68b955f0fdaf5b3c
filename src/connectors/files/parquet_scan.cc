#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "connectors/files/file_scan.h"
#include "connectors/files/parquet_row_reader.h"
#include "connectors/files/text_columns.h"
#include "data/parquet_file.h"

namespace thalweg::connectors {
namespace {

class ParquetFiles : public FileScan {
 public:
  ParquetFiles(const FilesSourceBody& body, const component::SourceContext& context)
      : body_(body), context_(context) {}

  Status Prepare(const std::vector<std::string>& paths) {
    TW_RETURN_IF_ERROR(CheckDeclared());
    for (const std::string& path : paths) TW_RETURN_IF_ERROR(AddFile(path));
    if (body_.only_declared || !body_.columns.empty()) TW_RETURN_IF_ERROR(ChooseDeclared());
    columns_ = scan_.columns;
    if (!body_.file_name.empty()) columns_.push_back({0, body_.file_name, "varchar"});
    return Status::Ok();
  }

  const data::Columns& columns() const override { return columns_; }

  /// A manifest refers to the files as they are: a column that is not in them needs rows of our
  /// own.
  std::optional<component::Scan> Lower() const override {
    return body_.file_name.empty() ? std::optional<component::Scan>(scan_) : std::nullopt;
  }

  Result<std::unique_ptr<component::Reader>> Open(const std::string& path,
                                                  const component::Position& from) const override {
    return OpenParquetRows(*context_.files, path, scan_.columns, body_.file_name, from);
  }

 private:
  Status CheckDeclared() const {
    for (std::size_t i = 0; i < body_.columns.size(); ++i) {
      const auto& [name, options] = body_.columns[i];
      if (options.from.empty() && !options.position && !options.default_value) continue;
      const Status error =
          Status::Invalid(
              fmt::format("Parquet columns have a type and a name of their own column=\"{}\"",
                          name))
              .WithSlug("wrong-format")
              .WithHint("remove from, position and default; change values in SQL");
      return WithPlaceOf(error, body_.SpanOfColumn(i));
    }
    return Status::Ok();
  }

  Status AddFile(const std::string& path) {
    TW_ASSIGN_OR_RETURN(const data::ParquetInfo info, data::ReadParquetInfo(*context_.files, path));
    TW_ASSIGN_OR_RETURN(const data::FileIdentity identity, context_.identify(path));
    for (const data::Column& column : info.columns) TW_RETURN_IF_ERROR(AddColumn(column, path));
    scan_.files.push_back({path, info.rows, info.size, identity.ToString()});
    return Status::Ok();
  }

  /// A column that only some files have is null in the others; its type must be the same in all.
  Status AddColumn(const data::Column& column, const std::string& path) {
    for (const data::Column& known : scan_.columns) {
      if (!EqualIgnoringCase(known.name, column.name)) continue;
      if (known.type == column.type && known.name == column.name) return Status::Ok();
      return Status::Invalid(
                 fmt::format("files of one source disagree about a column file={} column=\"{} {}\" "
                             "earlier=\"{} {}\"",
                             path, column.name, column.type, known.name, known.type))
          .WithSlug("different-schemas")
          .WithHint("give files of different form sources of their own, and join them in SQL");
    }
    scan_.columns.push_back({0, column.name, column.type});
    return Status::Ok();
  }

  /// Checks what is declared against the files; drops the rest when only that is wanted.
  Status ChooseDeclared() {
    data::Columns chosen;
    for (std::size_t i = 0; i < body_.columns.size(); ++i) {
      const auto& [name, options] = body_.columns[i];
      const auto found = std::find_if(scan_.columns.begin(), scan_.columns.end(),
                                      [&, &wanted = name](const auto& column) {
                                        return EqualIgnoringCase(column.name, wanted);
                                      });
      if (found == scan_.columns.end()) {
        const Status error =
            Status::Invalid(fmt::format("no file has this column column=\"{}\"", name))
                .WithSlug("missing-column")
                .WithHint(fmt::format("they have {}", data::ToString(scan_.columns)));
        return WithPlaceOf(error, body_.SpanOfColumn(i));
      }
      if (options.type && options.type->text != found->type) {
        const Status error =
            Status::Invalid(
                fmt::format("the files have another type column=\"{}\" declared={} found={}", name,
                            options.type->text, found->type))
                .WithSlug("wrong-type")
                .WithHint("declare the type that is there, and cast in SQL");
        return WithPlaceOf(error, body_.SpanOfColumn(i));
      }
      chosen.push_back(*found);
    }
    if (body_.only_declared) scan_.columns = std::move(chosen);
    return Status::Ok();
  }

  const FilesSourceBody& body_;
  const component::SourceContext& context_;
  component::ParquetScan scan_;
  data::Columns columns_;
};

}  // namespace

Result<std::unique_ptr<FileScan>> MakeParquetScan(const FilesSourceBody& body,
                                                  std::vector<std::string> paths,
                                                  const component::SourceContext& context) {
  auto scan = std::make_unique<ParquetFiles>(body, context);
  TW_RETURN_IF_ERROR(scan->Prepare(paths));
  return Result<std::unique_ptr<FileScan>>(std::move(scan));
}

}  // namespace thalweg::connectors
