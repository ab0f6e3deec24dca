-- Who may write: one row for each start of an orchestrator node.
CREATE TABLE nodes (
  incarnation uuid PRIMARY KEY,
  name        text NOT NULL,
  version     text NOT NULL,
  session     text NOT NULL,                -- application_name of all its connections
  beat        bigint NOT NULL DEFAULT 0,    -- a counter, not a time
  bus_up      boolean NOT NULL DEFAULT true,
  fenced      boolean NOT NULL DEFAULT false,
  started_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);                   -- beats stay on their page

-- What runs execute, pinned by content.
CREATE TABLE documents (
  hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  kind text NOT NULL,
  body text NOT NULL,
  at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE jobs (
  id              uuid PRIMARY KEY,         -- ids are UUIDv7: their order is the order of time
  team            text NOT NULL,
  title           text NOT NULL,
  source          text NOT NULL,
  priority        smallint NOT NULL CHECK (priority BETWEEN 0 AND 3),
  idempotency_key text CHECK (idempotency_key <> ''), -- NULL: none
  request_digest  text NOT NULL,
  inputs          text NOT NULL,
  state           text NOT NULL DEFAULT 'running'
                  CHECK (state IN ('running', 'completed', 'failed', 'cancelled', 'needs_person')),
  reason          text NOT NULL DEFAULT '',
  created_at      timestamptz NOT NULL,
  finished_at     timestamptz,
  UNIQUE (team, idempotency_key),
  CHECK ((state = 'running') = (finished_at IS NULL))
) WITH (fillfactor = 90);
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_team ON jobs (team, id);

CREATE TABLE runs (
  id            uuid PRIMARY KEY,
  job           uuid NOT NULL REFERENCES jobs,
  team          text NOT NULL,              -- the job's, where the order of claims needs them
  priority      smallint NOT NULL,
  bundle        text NOT NULL,
  state         text NOT NULL DEFAULT 'running'
                CHECK (state IN ('running', 'completed', 'failed', 'cancelled', 'needs_person')),
  reason        text NOT NULL DEFAULT '',
  owner         uuid REFERENCES nodes ON DELETE SET NULL,
  claim         uuid,                       -- the call that took it: found again if its answer is lost
  wake_at       timestamptz,                -- parked until then
  inbox_waiting integer NOT NULL DEFAULT 0 CHECK (inbox_waiting >= 0), -- rows nobody has taken
  created_at    timestamptz NOT NULL,
  finished_at   timestamptz,
  CHECK ((state = 'running') = (finished_at IS NULL)),
  CHECK (state = 'running' OR (owner IS NULL AND wake_at IS NULL AND inbox_waiting = 0)),
  CHECK (owner IS NULL OR wake_at IS NULL)
) WITH (fillfactor = 80);
CREATE INDEX runs_free ON runs ((-priority), team, id)
  WHERE state = 'running' AND owner IS NULL AND wake_at IS NULL;
CREATE INDEX runs_parked ON runs (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX runs_owned ON runs (owner) WHERE owner IS NOT NULL;
CREATE INDEX runs_of_job ON runs (job, id);
CREATE INDEX runs_by_state ON runs (state, id);
CREATE INDEX runs_by_team ON runs (team, id);

-- Append-only. A row is one decision. No foreign key: its check would lock the run's row for every
-- append, and the key (run, seq) is what keeps a rival out.
CREATE TABLE journal (
  run    uuid NOT NULL,
  seq    bigint NOT NULL CHECK (seq >= 0),
  append uuid NOT NULL,                     -- tells one's own row from a rival's
  at     timestamptz NOT NULL,
  body   text NOT NULL,                     -- text, not jsonb: byte for byte, and nothing to parse
  PRIMARY KEY (run, seq)
);
DO $$
BEGIN
  ALTER TABLE journal ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL; -- a server built without lz4 keeps its own compression
END $$;

-- What comes to a run from outside. A row stays until its run ends, so that an id counts once.
CREATE TABLE inbox (
  run      uuid NOT NULL REFERENCES runs,
  id       text NOT NULL,
  kind     text NOT NULL CHECK (kind IN ('signal', 'cancel', 'approval')),
  body     text NOT NULL,
  at       timestamptz NOT NULL,
  taken_by bigint,                          -- seq of the append that took it; NULL: waiting
  place    bigint GENERATED ALWAYS AS IDENTITY, -- the order of arrival in its run
  PRIMARY KEY (run, id)
);

-- Which run works on an alert group. Groups are found by a hash (texts.cpp: identity), because a
-- group key may be longer than an index row.
CREATE TABLE incidents (
  run       uuid PRIMARY KEY REFERENCES runs,
  job       uuid NOT NULL REFERENCES jobs,
  group_id  text NOT NULL,
  receiver  text NOT NULL,
  group_key text NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE UNIQUE INDEX incidents_open ON incidents (group_id) WHERE closed_at IS NULL;

CREATE TABLE alert_events (
  id          text PRIMARY KEY,             -- hash of receiver, group key, fingerprint, status, starts_at
  group_id    text NOT NULL,
  fingerprint text NOT NULL,
  status      text NOT NULL CHECK (status IN ('firing', 'resolved')),
  starts_at   text NOT NULL,
  body        text NOT NULL,
  job         uuid REFERENCES jobs,         -- that it started or told; NULL: no route took it
  received_at timestamptz NOT NULL,
  place       bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX alert_events_firing ON alert_events (group_id, fingerprint, place)
  WHERE status = 'firing';
