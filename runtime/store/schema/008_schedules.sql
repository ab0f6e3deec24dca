-- What has become of the schedules that the files of teams declare. What one starts, and how, stands in
-- its file.
CREATE TABLE schedules (
  team      text NOT NULL,
  id        text NOT NULL,
  timing    text NOT NULL,                  -- cron expression and zone as declared last; '': no file does
  seen      timestamptz NOT NULL,           -- every due time until then has been dealt with
  note      text NOT NULL DEFAULT '',       -- why the last due time made no job
  last_due  timestamptz,
  last_job  uuid,                           -- no reference: jobs are purged
  paused_at timestamptz,
  paused_by text NOT NULL DEFAULT '',
  PRIMARY KEY (team, id)
);

-- These are all the schedules of the team, by id. One that is new or due at other times counts from now.
CREATE FUNCTION declare_schedules(of_team text, ids text[], timings text[], now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('schedules of ' || of_team, 0));
  INSERT INTO schedules AS s (team, id, timing, seen)
  SELECT of_team, d.id, d.timing, now FROM unnest(ids, timings) AS d (id, timing) ORDER BY d.id
  ON CONFLICT (team, id) DO UPDATE
  SET timing = EXCLUDED.timing, seen = greatest(s.seen, EXCLUDED.seen)
  WHERE s.timing <> EXCLUDED.timing;
  UPDATE schedules SET timing = ''
  WHERE team = of_team AND timing <> '' AND id <> ALL (ids);
END $$;

-- A job for one due time: started | done | changed | paused | overlapping | full. The row's lock lets one
-- node after the other in; whoever comes later finds the time dealt with.
CREATE FUNCTION fire_schedule(of_team text, of_id text, by_timing text, due timestamptz,
                              overlap boolean, open_most bigint, new new_job)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  s schedules%ROWTYPE;
BEGIN
  SELECT * INTO s FROM schedules WHERE team = of_team AND id = of_id FOR NO KEY UPDATE;
  IF NOT FOUND OR s.timing <> by_timing THEN
    RETURN 'changed';
  ELSIF s.seen >= due THEN
    RETURN CASE WHEN s.last_job = new.id THEN 'started' ELSE 'done' END; -- or by the try before
  ELSIF s.paused_at IS NOT NULL THEN
    RETURN 'paused';
  ELSIF NOT overlap AND EXISTS (SELECT FROM jobs WHERE id = s.last_job AND state = 'running') THEN
    UPDATE schedules
    SET seen = due, note = 'the job before it, ' || s.last_job || ', was still running'
    WHERE team = of_team AND id = of_id;
    RETURN 'overlapping';
  ELSIF (SELECT count(*) FROM (SELECT FROM runs WHERE state = 'running' AND wake_at IS NULL
                               LIMIT open_most) AS open) >= open_most THEN
    RETURN 'full';
  END IF;
  IF NOT insert_job(new) THEN -- its key is there: that time had its job
    UPDATE schedules SET seen = due WHERE team = of_team AND id = of_id;
    RETURN 'done';
  END IF;
  UPDATE schedules SET seen = due, last_due = due, last_job = new.id, note = ''
  WHERE team = of_team AND id = of_id;
  RETURN 'started';
END $$;
