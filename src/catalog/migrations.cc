#include "catalog/migrations.h"

#include <array>

namespace thalweg::catalog {
namespace {

constexpr std::string_view kFirst = R"sql(
CREATE TABLE nodes (
  id        TEXT   NOT NULL PRIMARY KEY,
  pipeline  TEXT   NOT NULL,
  name      TEXT   NOT NULL,
  kind      TEXT   NOT NULL,
  created   BIGINT NOT NULL,
  UNIQUE (pipeline, name)
);

CREATE TABLE file_texts (
  hash  TEXT NOT NULL PRIMARY KEY,
  text  TEXT NOT NULL
);

CREATE TABLE runs (
  id          TEXT   NOT NULL PRIMARY KEY,
  number      BIGINT NOT NULL UNIQUE,
  pipeline    TEXT   NOT NULL,
  state       TEXT   NOT NULL,
  file_path   TEXT   NOT NULL,
  file_hash   TEXT   NOT NULL REFERENCES file_texts (hash),
  parameters  TEXT   NOT NULL,
  selection   TEXT   NOT NULL,
  started     BIGINT NOT NULL,
  ended       BIGINT,
  actor       TEXT   NOT NULL,
  reason      TEXT   NOT NULL
);
CREATE INDEX runs_by_pipeline ON runs (pipeline, number);

CREATE TABLE versions (
  id          TEXT    NOT NULL PRIMARY KEY,
  node_id     TEXT    NOT NULL REFERENCES nodes (id),
  output      TEXT    NOT NULL,
  number      BIGINT  NOT NULL,
  epoch_id    TEXT    NOT NULL,  -- of epochs; no foreign key, it would close a circle
  parent_id   TEXT    REFERENCES versions (id),
  recipe_key  TEXT    NOT NULL,
  columns     TEXT    NOT NULL,
  rows        BIGINT  NOT NULL,
  bytes       BIGINT  NOT NULL,
  good        INTEGER NOT NULL,
  digest      TEXT    NOT NULL,
  created     BIGINT  NOT NULL,
  retired     BIGINT,
  UNIQUE (node_id, output, number)
);
CREATE INDEX versions_by_recipe ON versions (node_id, recipe_key, number);

CREATE TABLE version_files (
  version_id  TEXT    NOT NULL REFERENCES versions (id),
  position    INTEGER NOT NULL,
  deletes     INTEGER NOT NULL,
  path        TEXT    NOT NULL,
  rows        BIGINT  NOT NULL,
  bytes       BIGINT  NOT NULL,
  identity    TEXT    NOT NULL,
  PRIMARY KEY (version_id, position)
) /* clustered */;

CREATE TABLE node_runs (
  id          TEXT    NOT NULL PRIMARY KEY,
  run_id      TEXT    NOT NULL REFERENCES runs (id),
  position    INTEGER NOT NULL,
  node_id     TEXT    NOT NULL REFERENCES nodes (id),
  node_name   TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  state       TEXT    NOT NULL,
  action      TEXT    NOT NULL,
  recipe_key  TEXT    NOT NULL,
  version_id  TEXT    REFERENCES versions (id),
  started     BIGINT,
  ended       BIGINT,
  error       TEXT    NOT NULL,
  checks      TEXT    NOT NULL,
  UNIQUE (run_id, node_id)
);

CREATE TABLE splits (
  id           TEXT NOT NULL PRIMARY KEY,
  node_run_id  TEXT NOT NULL REFERENCES node_runs (id),
  name         TEXT NOT NULL,
  UNIQUE (node_run_id, name)
) /* clustered */;

CREATE TABLE attempts (
  id             TEXT    NOT NULL PRIMARY KEY,
  split_id       TEXT    NOT NULL REFERENCES splits (id),
  number         INTEGER NOT NULL,
  state          TEXT    NOT NULL,
  engine         TEXT    NOT NULL,
  worker         TEXT    NOT NULL,
  lease_until    BIGINT  NOT NULL,
  started        BIGINT,
  ended          BIGINT,
  rows_in        BIGINT  NOT NULL,
  rows_out       BIGINT  NOT NULL,
  rows_rejected  BIGINT  NOT NULL,
  bytes          BIGINT  NOT NULL,
  peak_memory    BIGINT  NOT NULL,
  spilled        BIGINT  NOT NULL,
  cpu_us         BIGINT  NOT NULL,
  error          TEXT    NOT NULL,
  UNIQUE (split_id, number)
) /* clustered */;

CREATE TABLE epochs (
  id           TEXT   NOT NULL PRIMARY KEY,
  node_run_id  TEXT   NOT NULL REFERENCES node_runs (id),
  attempt_id   TEXT   NOT NULL REFERENCES attempts (id),
  sequence     BIGINT NOT NULL,
  recipe_key   TEXT   NOT NULL,
  committed    BIGINT NOT NULL,
  UNIQUE (node_run_id, sequence)
) /* clustered */;

CREATE TABLE positions (
  node_id   TEXT NOT NULL REFERENCES nodes (id),
  split     TEXT NOT NULL,
  position  TEXT NOT NULL,
  epoch_id  TEXT NOT NULL REFERENCES epochs (id),
  PRIMARY KEY (node_id, split)
) /* clustered */;

CREATE TABLE operator_states (
  node_id        TEXT    NOT NULL REFERENCES nodes (id),
  operator_name  TEXT    NOT NULL,
  position       INTEGER NOT NULL,
  path           TEXT    NOT NULL,
  rows           BIGINT  NOT NULL,
  bytes          BIGINT  NOT NULL,
  identity       TEXT    NOT NULL,
  epoch_id       TEXT    NOT NULL REFERENCES epochs (id),
  PRIMARY KEY (node_id, operator_name, position)
) /* clustered */;

CREATE TABLE signatures (
  id          TEXT   NOT NULL PRIMARY KEY,
  gate_id     TEXT   NOT NULL REFERENCES nodes (id),
  decision    TEXT   NOT NULL,
  digest      TEXT   NOT NULL,
  comment     TEXT   NOT NULL,
  actor       TEXT   NOT NULL,
  run_number  BIGINT NOT NULL,
  signed      BIGINT NOT NULL
);
CREATE INDEX signatures_by_gate ON signatures (gate_id, signed);

CREATE TABLE signature_versions (
  signature_id  TEXT    NOT NULL REFERENCES signatures (id),
  position      INTEGER NOT NULL,
  version_id    TEXT    NOT NULL REFERENCES versions (id),
  PRIMARY KEY (signature_id, position)
) /* clustered */;

CREATE TABLE receipts (
  target      TEXT   NOT NULL,
  number      BIGINT NOT NULL,
  node_id     TEXT   NOT NULL REFERENCES nodes (id),
  epoch_id    TEXT   NOT NULL REFERENCES epochs (id),
  version_id  TEXT   REFERENCES versions (id),
  recipe_key  TEXT   NOT NULL,
  receipt     TEXT   NOT NULL,
  state       TEXT   NOT NULL,
  changed     BIGINT NOT NULL,
  PRIMARY KEY (target, number),
  UNIQUE (target, epoch_id)
) /* clustered */;
CREATE INDEX receipts_prepared ON receipts (target, number) WHERE state = 'prepared';

CREATE TABLE events (
  id          BIGINT NOT NULL PRIMARY KEY,
  at          BIGINT NOT NULL,
  run_number  BIGINT NOT NULL,
  node        TEXT   NOT NULL,
  what        TEXT   NOT NULL,
  actor       TEXT   NOT NULL,
  reason      TEXT   NOT NULL
) /* clustered */;
CREATE INDEX events_by_run ON events (run_number, id);

CREATE TABLE cache (
  kind     TEXT   NOT NULL,
  key      TEXT   NOT NULL,
  value    TEXT   NOT NULL,
  written  BIGINT NOT NULL,
  PRIMARY KEY (kind, key)
);
)sql";

/// Streams: what tells a restart whether state still fits, upsert tables, retention per epoch.
constexpr std::string_view kStreams = R"sql(
ALTER TABLE runs ADD COLUMN stream INTEGER NOT NULL DEFAULT 0;
ALTER TABLE versions ADD COLUMN merge_key TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN base_files BIGINT NOT NULL DEFAULT 0;

CREATE TABLE operator_snapshots (
  node_id        TEXT    NOT NULL REFERENCES nodes (id),
  operator_name  TEXT    NOT NULL,
  definition     TEXT    NOT NULL,
  state_version  INTEGER NOT NULL,
  epoch_id       TEXT    NOT NULL REFERENCES epochs (id),
  PRIMARY KEY (node_id, operator_name)
) /* clustered */;
INSERT INTO operator_snapshots (node_id, operator_name, definition, state_version, epoch_id)
  SELECT node_id, operator_name, '', 0, MAX(epoch_id) FROM operator_states GROUP BY node_id, operator_name;

CREATE TABLE loose_files (
  path   TEXT   NOT NULL PRIMARY KEY,
  since  BIGINT NOT NULL
) /* clustered */;

CREATE TABLE trimmed (
  kind   TEXT   NOT NULL,
  key    TEXT   NOT NULL,
  count  BIGINT NOT NULL,
  PRIMARY KEY (kind, key)
) /* clustered */;

CREATE INDEX runs_active ON runs (number) WHERE state IN ('queued', 'running');
CREATE INDEX versions_by_parent ON versions (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX node_runs_by_version ON node_runs (version_id) WHERE version_id IS NOT NULL;
CREATE INDEX node_runs_by_node ON node_runs (node_id);
CREATE INDEX receipts_by_epoch ON receipts (epoch_id);
CREATE INDEX receipts_by_version ON receipts (version_id);
CREATE INDEX signature_versions_by_version ON signature_versions (version_id);
)sql";

constexpr auto kMigrations = std::to_array<Migration>({{1, kFirst}, {2, kStreams}});

}  // namespace

std::span<const Migration> Migrations() {
  return kMigrations;
}

}  // namespace thalweg::catalog
