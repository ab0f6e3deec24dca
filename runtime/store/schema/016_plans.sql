-- A plan made while there is little in a table must not read all of it for every batch later on: rows are
-- looked up by their key.
ALTER FUNCTION lock_runs(uuid[]) SET enable_seqscan = off;
ALTER FUNCTION park_runs(uuid[], uuid[], timestamptz[])
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;

-- As before, but of the candidates of all lanes only those whose turn it is are looked up.
CREATE OR REPLACE FUNCTION claim_runs(me uuid, call uuid, unanswered uuid[], most integer, served_last text[],
                           due timestamptz, full_priorities bigint[], full_teams text[])
RETURNS SETOF runs LANGUAGE plpgsql SET enable_seqscan = off AS $$
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
    ), open_lanes AS (
      SELECT l.priority, l.team FROM lanes l
      WHERE NOT EXISTS (SELECT FROM unnest(full_priorities, full_teams) AS f (priority, team)
                        WHERE f.priority = l.priority AND f.team = l.team)
    ), candidates AS (
      SELECT c.id, row_number() OVER (ORDER BY -l.priority, c.turn,
                                               l.team <= served_last[l.priority + 1], l.team) AS n
      FROM open_lanes l CROSS JOIN LATERAL (
        SELECT o.id, row_number() OVER (ORDER BY o.id) AS turn
        FROM (SELECT r.id FROM runs r
              WHERE r.state = 'running' AND r.owner IS NULL AND r.wake_at IS NULL
                AND -r.priority = -l.priority AND r.team = l.team
              ORDER BY r.id LIMIT 2 * most + 16) AS o) AS c -- some may be locked by another claim
    ), first AS (
      SELECT c.id, c.n FROM candidates c ORDER BY c.n LIMIT 2 * most + 16
    ), locked AS (
      SELECT r.id FROM first f JOIN runs r ON r.id = f.id
      WHERE r.state = 'running' AND r.owner IS NULL AND r.wake_at IS NULL
      ORDER BY f.n LIMIT most FOR NO KEY UPDATE OF r SKIP LOCKED
    ), taken AS (
      UPDATE runs r SET owner = me, claim = call FROM locked WHERE r.id = locked.id RETURNING r.*
    )
    SELECT t.* FROM taken t JOIN first f ON f.id = t.id ORDER BY f.n;
END $$;
