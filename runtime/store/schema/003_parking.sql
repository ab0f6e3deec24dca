-- Parked runs, and posts in batches. A parked run has no owner and a wake_at: when a claim takes it up
-- again; 'infinity': only its inbox wakes it.

-- Unfinished and not parked: what the bound of open jobs counts.
CREATE INDEX runs_awake ON runs (id) WHERE state = 'running' AND wake_at IS NULL;
-- What nobody has taken, page by page, however many rows a long run has taken before.
CREATE INDEX inbox_waiting ON inbox (run, place) WHERE taken_by IS NULL;

-- Locks runs for a batch, and says which. A single one is waited for. Of several, those that somebody
-- else holds are left out: whoever holds one of them, an append say, may be waiting for another.
CREATE FUNCTION lock_runs(wanted uuid[]) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  alone uuid;
  locked uuid[];
BEGIN
  IF wanted[1] = ALL (wanted) THEN
    SELECT id INTO alone FROM runs WHERE id = wanted[1] FOR NO KEY UPDATE;
    RETURN array_remove(ARRAY[alone], NULL);
  END IF;
  SELECT coalesce(array_agg(l.id), '{}') INTO locked
  FROM (SELECT r.id FROM runs r WHERE r.id = ANY (wanted) FOR NO KEY UPDATE SKIP LOCKED) AS l;
  RETURN locked;
END $$;

-- In place of post_inbox, which took one row. One answer for each, in order: recorded | known | ended | missing | locked (not
-- done: somebody holds the run; post its rows alone).
DROP FUNCTION post_inbox(uuid, text, text, text, timestamptz);
CREATE FUNCTION post_inbox_rows(new_runs uuid[], new_ids text[], new_kinds text[], new_bodies text[],
                                new_ats timestamptz[])
RETURNS SETOF text LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  held uuid[] := lock_runs(new_runs);
BEGIN
  RETURN QUERY
    WITH asked AS MATERIALIZED (
      SELECT a.*, r.state, row_number() OVER (PARTITION BY a.run, a.id ORDER BY a.n) AS nth
      FROM unnest(new_runs, new_ids, new_kinds, new_bodies, new_ats)
           WITH ORDINALITY AS a (run, id, kind, body, at, n)
      LEFT JOIN runs r ON r.id = a.run
    ), fresh AS (
      INSERT INTO inbox (run, id, kind, body, at)
      SELECT a.run, a.id, a.kind, a.body, a.at FROM asked a
      WHERE a.run = ANY (held) AND a.state = 'running' AND a.nth = 1 ORDER BY a.n
      ON CONFLICT DO NOTHING RETURNING run, id
    ), counted AS (
      UPDATE runs r SET inbox_waiting = r.inbox_waiting + f.rows, wake_at = NULL
      FROM (SELECT run, count(*)::integer AS rows FROM fresh GROUP BY run) AS f WHERE r.id = f.run
    )
    SELECT CASE WHEN a.state IS NULL THEN 'missing'
                WHEN a.run <> ALL (held) THEN 'locked'
                WHEN a.state <> 'running' THEN 'ended'
                WHEN a.nth = 1 AND f.id IS NOT NULL THEN 'recorded'
                ELSE 'known' END
    FROM asked a LEFT JOIN fresh f ON f.run = a.run AND f.id = a.id ORDER BY a.n;
END $$;

-- One answer for each run, in order: parked (by this call, or by the same one before) | inbox_waiting |
-- not_owner | locked (not done: park it alone). A post and a park take the same lock, so either the
-- park sees the post's row counted, or the post finds the run parked and wakes it.
CREATE FUNCTION park_runs(new_runs uuid[], owners uuid[], wakes timestamptz[])
RETURNS SETOF text LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  held uuid[] := lock_runs(new_runs);
BEGIN
  RETURN QUERY
    WITH asked AS MATERIALIZED (
      SELECT a.n, a.run, a.me, a.until, r.owner, r.wake_at, r.inbox_waiting, r.state,
             row_number() OVER (PARTITION BY a.run ORDER BY a.n) AS nth
      FROM unnest(new_runs, owners, wakes) WITH ORDINALITY AS a (run, me, until, n)
      LEFT JOIN runs r ON r.id = a.run
    ), parked AS (
      UPDATE runs r SET owner = NULL, claim = NULL, wake_at = a.until FROM asked a
      WHERE r.id = a.run AND a.nth = 1 AND a.run = ANY (held)
        AND r.owner = a.me AND r.state = 'running' AND r.inbox_waiting = 0 RETURNING r.id
    )
    SELECT CASE WHEN p.id IS NOT NULL OR a.wake_at = a.until THEN 'parked'
                WHEN a.owner = a.me AND a.run <> ALL (held) THEN 'locked'
                WHEN a.owner = a.me AND a.inbox_waiting > 0 THEN 'inbox_waiting'
                ELSE 'not_owner' END
    FROM asked a LEFT JOIN parked p ON p.id = a.run ORDER BY a.n;
END $$;

-- As before, but what is due is told by the caller: one clock says when a run waits until and when that
-- is over. (A node that runs the version before claims no more; what it owns it finishes.)
DROP FUNCTION claim_runs(uuid, uuid, uuid[], integer, text[]);
CREATE FUNCTION claim_runs(me uuid, call uuid, unanswered uuid[], most integer, served_last text[],
                           due timestamptz)
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
  WHERE id IN (SELECT r.id FROM runs r WHERE r.wake_at <= due
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
