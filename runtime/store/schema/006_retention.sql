-- What becomes of finished runs: first the journal of a run moves into one compressed row, later the
-- run and its job are deleted. A journal is moved only long after its run has ended; who appended to it
-- has had the answer by then, or is fenced, so that no append misses the keys that are gone.
CREATE TABLE archive (
  run     uuid PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
  seqs    bigint[] NOT NULL,
  appends uuid[] NOT NULL,
  ats     timestamptz[] NOT NULL,
  bodies  text[] NOT NULL                   -- compressed as a whole
);
DO $$
BEGIN
  ALTER TABLE archive ALTER COLUMN bodies SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL; -- a server built without lz4 keeps its own compression
END $$;

ALTER TABLE runs ADD COLUMN archived_at timestamptz CHECK (archived_at IS NULL OR state <> 'running');
CREATE INDEX runs_to_archive ON runs (team, finished_at)
  WHERE finished_at IS NOT NULL AND archived_at IS NULL;
CREATE INDEX jobs_finished ON jobs (team, finished_at) WHERE finished_at IS NOT NULL;
-- Deleting a job looks for what refers to it.
CREATE INDEX incidents_of_job ON incidents (job);
CREATE INDEX alert_events_of_job ON alert_events (job) WHERE job IS NOT NULL;
CREATE INDEX alert_events_unrouted ON alert_events (received_at) WHERE job IS NULL;

-- Moves the journals of at most `most` runs of a team that finished before `cutoff`. A journal that is
-- too long for one row stays where it is.
CREATE FUNCTION archive_runs(of_team text, cutoff timestamptz, now timestamptz, most integer)
RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  due uuid[];
BEGIN
  SELECT coalesce(array_agg(d.id), '{}') INTO due
  FROM (SELECT r.id FROM runs r
        WHERE r.team = of_team AND r.finished_at < cutoff AND r.archived_at IS NULL
        ORDER BY r.finished_at LIMIT most FOR NO KEY UPDATE SKIP LOCKED) AS d;
  WITH fitting AS (
    SELECT j.run FROM journal j WHERE j.run = ANY (due)
    GROUP BY j.run HAVING sum(octet_length(j.body)) < 256 * 1024 * 1024
  ), moved AS (
    DELETE FROM journal j USING fitting f WHERE j.run = f.run
    RETURNING j.run, j.seq, j.append, j.at, j.body
  )
  INSERT INTO archive (run, seqs, appends, ats, bodies)
  SELECT run, array_agg(seq ORDER BY seq), array_agg(append ORDER BY seq),
         array_agg(at ORDER BY seq), array_agg(body ORDER BY seq)
  FROM moved GROUP BY run;
  DELETE FROM snapshots WHERE run = ANY (due);
  UPDATE runs SET archived_at = now WHERE id = ANY (due);
  RETURN cardinality(due);
END $$;

-- Deletes at most `most` jobs of a team that finished before `cutoff`, with their runs and all that
-- belongs to them.
CREATE FUNCTION purge_jobs(of_team text, cutoff timestamptz, most integer)
RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  due uuid[];
  gone uuid[];
BEGIN
  SELECT coalesce(array_agg(d.id), '{}') INTO due
  FROM (SELECT j.id FROM jobs j
        WHERE j.team = of_team AND j.finished_at < cutoff
          AND NOT EXISTS (SELECT FROM runs r WHERE r.job = j.id AND r.state = 'running')
        ORDER BY j.finished_at LIMIT most FOR UPDATE SKIP LOCKED) AS d;
  SELECT coalesce(array_agg(r.id), '{}') INTO gone FROM runs r WHERE r.job = ANY (due);
  DELETE FROM journal WHERE run = ANY (gone);
  DELETE FROM inbox WHERE run = ANY (gone);
  DELETE FROM alert_events WHERE job = ANY (due);
  DELETE FROM incidents WHERE job = ANY (due);
  DELETE FROM runs WHERE id = ANY (gone); -- and with them archive and snapshots
  DELETE FROM jobs WHERE id = ANY (due);
  RETURN cardinality(due);
END $$;

-- One small batch for each team: `teams` have limits of their own, '' is every other. Nothing while
-- another node is at it. `more`: something was left for another batch.
CREATE FUNCTION retain(teams text[], archive_before timestamptz[], purge_before timestamptz[],
                       now timestamptz, most integer,
                       OUT archived integer, OUT purged integer, OUT more boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  of_team text;
  n integer;
  rule integer;
BEGIN
  archived := 0;
  purged := 0;
  more := false;
  IF NOT pg_try_advisory_xact_lock(7016996765293437282) THEN
    RETURN;
  END IF;
  FOR of_team IN
    WITH RECURSIVE every AS ( -- by skipping in the index
      (SELECT j.team FROM jobs j WHERE j.finished_at IS NOT NULL ORDER BY j.team LIMIT 1)
      UNION ALL
      SELECT (SELECT j.team FROM jobs j WHERE j.finished_at IS NOT NULL AND j.team > e.team
              ORDER BY j.team LIMIT 1)
      FROM every e WHERE e.team IS NOT NULL)
    SELECT e.team FROM every e WHERE e.team IS NOT NULL
  LOOP
    rule := coalesce(array_position(teams, of_team), array_position(teams, ''));
    CONTINUE WHEN rule IS NULL;
    n := archive_runs(of_team, archive_before[rule], now, most);
    archived := archived + n;
    more := more OR n = most;
    n := purge_jobs(of_team, purge_before[rule], most);
    purged := purged + n;
    more := more OR n = most;
  END LOOP;
  DELETE FROM alert_events WHERE id IN (
    SELECT a.id FROM alert_events a
    WHERE a.job IS NULL AND a.received_at < purge_before[array_position(teams, '')]
    LIMIT most FOR UPDATE SKIP LOCKED);
END $$;
