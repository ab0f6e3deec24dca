-- What needs more than one statement is a function, so that no transaction ever waits for a node
-- in between: a paused node can hold no lock. Each statement in them sees what was committed
-- before it, which one statement of many parts would not.

CREATE TYPE new_job AS (
  id uuid, run uuid, idempotency_key text, request_digest text, team text, title text,
  priority smallint, source text, bundle text, inputs text, at timestamptz, append uuid, body text
);

-- False, and nothing written: the id or the (team, key) is there already.
CREATE FUNCTION insert_job(new new_job) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO jobs (id, team, title, source, priority, idempotency_key, request_digest, inputs,
                    created_at)
  VALUES (new.id, new.team, new.title, new.source, new.priority, nullif(new.idempotency_key, ''),
          new.request_digest, new.inputs, new.at)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO runs (id, job, team, priority, bundle, created_at)
  VALUES (new.run, new.id, new.team, new.priority, new.bundle, new.at);
  INSERT INTO journal (run, seq, append, at, body)
  VALUES (new.run, 0, new.append, new.at, new.body);
  RETURN true;
END $$;

-- The job that is there now: the new one, the same one sent before, or an older one of its key.
-- Nothing: there is no room for it.
CREATE FUNCTION submit_job(new new_job, room boolean)
RETURNS TABLE (job uuid, run uuid, digest text, inserted boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  fresh boolean := false;
BEGIN
  IF room THEN
    fresh := insert_job(new);
  END IF;
  RETURN QUERY
    SELECT j.id, r.id, j.request_digest, fresh
    FROM jobs j JOIN runs r ON r.job = j.id
    WHERE j.id = new.id OR (j.team = new.team AND j.idempotency_key = nullif(new.idempotency_key, ''))
    ORDER BY r.id LIMIT 1;
END $$;

-- recorded | known | ended | missing
CREATE FUNCTION post_inbox(new_run uuid, new_id text, new_kind text, new_body text,
                           new_at timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found_state text;
BEGIN
  SELECT state INTO found_state FROM runs WHERE id = new_run FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN 'missing';
  ELSIF found_state <> 'running' THEN
    RETURN 'ended';
  END IF;
  INSERT INTO inbox (run, id, kind, body, at)
  VALUES (new_run, new_id, new_kind, new_body, new_at)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN 'known';
  END IF;
  UPDATE runs SET inbox_waiting = inbox_waiting + 1, wake_at = NULL WHERE id = new_run;
  RETURN 'recorded';
END $$;

-- One body of Alertmanager. `new` has a NULL id where no route takes the group. Bodies of one group
-- go one after the other. Fails with TR001: no room for the job it needs; TR002: its key is taken.
CREATE FUNCTION accept_alerts(
  new_group text, new_receiver text, new_group_key text, new_at timestamptz,
  ids text[], fingerprints text[], statuses text[], starts text[], bodies text[], signals text[],
  new new_job, room boolean,
  OUT accepted integer, OUT jobs uuid[], OUT started uuid, OUT signalled uuid)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  fresh text[];
  open_run uuid;
  open_job uuid;
  posted integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(new_group, 0));

  WITH events AS (
    INSERT INTO alert_events (id, group_id, fingerprint, status, starts_at, body, received_at)
    SELECT e.id, new_group, e.fingerprint, e.status, e.starts_at, e.body, new_at
    FROM unnest(ids, fingerprints, statuses, starts, bodies)
         WITH ORDINALITY AS e (id, fingerprint, status, starts_at, body, n) ORDER BY e.n
    ON CONFLICT DO NOTHING RETURNING id)
  SELECT coalesce(array_agg(id), '{}') INTO fresh FROM events;
  accepted := cardinality(fresh);

  SELECT i.run, i.job INTO open_run, open_job
  FROM incidents i WHERE i.group_id = new_group AND i.closed_at IS NULL;
  -- Its run may be ending this moment: then this waits, and the incident is closed afterwards.
  PERFORM FROM runs WHERE id = open_run AND state = 'running' FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    open_run := NULL;
  END IF;

  IF open_run IS NOT NULL THEN
    INSERT INTO inbox (run, id, kind, body, at)
    SELECT open_run, 'alert:' || e.id, 'signal', e.body, new_at
    FROM unnest(ids, signals) WITH ORDINALITY AS e (id, body, n)
    WHERE e.id = ANY (fresh) ORDER BY e.n
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS posted = ROW_COUNT;
    IF posted > 0 THEN
      UPDATE runs SET inbox_waiting = inbox_waiting + posted, wake_at = NULL WHERE id = open_run;
      UPDATE alert_events SET job = open_job WHERE id = ANY (fresh);
      signalled := open_run;
    END IF;
    IF open_run = new.run THEN
      started := open_run; -- the very body that started it, sent again
    END IF;
  ELSIF new.id IS NOT NULL
        AND EXISTS (SELECT FROM alert_events WHERE id = ANY (fresh) AND status = 'firing') THEN
    IF NOT room THEN
      RAISE EXCEPTION 'no room for another job' USING ERRCODE = 'TR001';
    ELSIF NOT insert_job(new) THEN
      RAISE EXCEPTION 'idempotency key is taken' USING ERRCODE = 'TR002';
    END IF;
    INSERT INTO incidents (run, job, group_id, receiver, group_key, opened_at)
    VALUES (new.run, new.id, new_group, new_receiver, new_group_key, new_at);
    UPDATE alert_events SET job = new.id WHERE id = ANY (fresh);
    started := new.run;
  ELSE
    UPDATE alert_events e
    SET job = (SELECT f.job FROM alert_events f
               WHERE f.group_id = new_group AND f.fingerprint = e.fingerprint
                 AND f.status = 'firing' AND f.job IS NOT NULL
               ORDER BY f.place DESC LIMIT 1)
    WHERE e.id = ANY (fresh) AND e.status = 'resolved';
  END IF;

  SELECT coalesce(array_agg(DISTINCT e.job), '{}') INTO jobs
  FROM alert_events e WHERE e.id = ANY (ids) AND e.job IS NOT NULL;
END $$;

-- Takes up to `most` free runs for `me`: by priority, then every team's oldest, every team's second,
-- ..., beginning behind the team that was served last (served_last[priority + 1]). `call` names this
-- call; runs that the calls in `unanswered` took come back first.
CREATE FUNCTION claim_runs(me uuid, call uuid, unanswered uuid[], most integer, served_last text[])
RETURNS SETOF runs LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM FROM nodes WHERE incarnation = me AND NOT fenced FOR SHARE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT * FROM runs WHERE owner = me AND claim = ANY (unanswered) AND state = 'running';

  UPDATE runs SET wake_at = NULL
  WHERE id IN (SELECT r.id FROM runs r WHERE r.wake_at <= now()
               ORDER BY r.wake_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED);
  UPDATE runs SET owner = NULL, claim = NULL
  WHERE id IN (SELECT r.id FROM runs r JOIN nodes n ON n.incarnation = r.owner
               WHERE n.fenced LIMIT 1000 FOR NO KEY UPDATE OF r SKIP LOCKED);

  RETURN QUERY
    WITH RECURSIVE lanes AS ( -- every (priority, team) that has a free run, by skipping in the index
      (SELECT r.priority, r.team FROM runs r
       WHERE r.state = 'running' AND r.owner IS NULL AND r.wake_at IS NULL
       ORDER BY -r.priority, r.team LIMIT 1)
      UNION ALL
      SELECT next.priority, next.team
      FROM lanes l CROSS JOIN LATERAL (
        SELECT r.priority, r.team FROM runs r
        WHERE r.state = 'running' AND r.owner IS NULL AND r.wake_at IS NULL
          AND (-r.priority, r.team) > (-l.priority, l.team)
        ORDER BY -r.priority, r.team LIMIT 1) AS next
    ), candidates AS (
      SELECT c.id, row_number() OVER (ORDER BY -l.priority, c.turn,
                                               l.team <= served_last[l.priority + 1], l.team) AS n
      FROM lanes l CROSS JOIN LATERAL (
        SELECT o.id, row_number() OVER (ORDER BY o.id) AS turn
        FROM (SELECT r.id FROM runs r
              WHERE r.state = 'running' AND r.owner IS NULL AND r.wake_at IS NULL
                AND -r.priority = -l.priority AND r.team = l.team
              ORDER BY r.id LIMIT 2 * most + 16) AS o) AS c -- some may be locked by another claim
    ), locked AS (
      SELECT r.id FROM candidates c JOIN runs r ON r.id = c.id
      WHERE r.state = 'running' AND r.owner IS NULL AND r.wake_at IS NULL
      ORDER BY c.n LIMIT most FOR NO KEY UPDATE OF r SKIP LOCKED
    ), taken AS (
      UPDATE runs r SET owner = me, claim = call FROM locked WHERE r.id = locked.id RETURNING r.*
    )
    SELECT t.* FROM taken t JOIN candidates c ON c.id = t.id ORDER BY c.n;
END $$;

-- Fences a node whose row is held by a statement of its own that does not end: the node may be paused
-- half-way, or the statement waits for something itself. Tells the node's backends to end and then
-- stands in line for the row, at once: so it comes before the node, should that be alive, connect
-- again and try to hold the row once more. False: its beat has moved.
CREATE FUNCTION fence_by_force(node uuid, seen_beat bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_terminate_backend(a.pid)
  FROM nodes n JOIN pg_stat_activity a
    ON starts_with(a.application_name, n.session || '/') AND a.datname = current_database()
  WHERE n.incarnation = node AND n.beat = seen_beat AND NOT n.fenced AND a.pid <> pg_backend_pid();
  UPDATE nodes SET fenced = true WHERE incarnation = node AND beat = seen_beat AND NOT fenced;
  RETURN FOUND;
END $$;
