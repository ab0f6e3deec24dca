-- The rules for bodies of Alertmanager are said once: accept_alert_bodies does what accept_alerts did for one
-- body too. (A node that runs the version before answers webhooks with an error meanwhile; Alertmanager sends
-- them again, to any node.)
DROP FUNCTION accept_alerts(text, text, text, timestamptz, text[], text[], text[], text[], text[], text[],
                            new_job, boolean);
DROP FUNCTION accept_alert_bodies(
  text[], text[], text[], timestamptz[], uuid[], uuid[], text[], text[], text[], text[], bigint[], text[],
  text[], text[], timestamptz[], uuid[], text[], text[], bigint[], text[], text[], text[], text[], text[],
  text[], bigint);

-- Bodies of Alertmanager that came at the same moment, each of another group, one row for each, in their
-- order. Bodies of one group go one after the other. Without `wait` it waits for nobody: 'locked' says that
-- somebody holds the group or its run, and that nothing of that body is written; ask for it alone, with
-- `wait`. A job id of zeros where no route takes the group. Fails with TR001: no room for the jobs it needs;
-- TR002: the key of one is taken; of several bodies each is then asked for alone.
CREATE FUNCTION accept_alert_bodies(
  groups text[], receivers text[], group_keys text[], ats timestamptz[],
  job_ids uuid[], job_runs uuid[], keys text[], digests text[], teams text[], titles text[],
  priorities bigint[], sources text[], bundles text[], inputs text[], job_ats timestamptz[],
  appends uuid[], job_bodies text[], labels text[],
  of_post bigint[], ids text[], fingerprints text[], statuses text[], starts text[],
  bodies text[], signals text[], room bigint, wait boolean)
RETURNS TABLE (outcome text, accepted integer, jobs uuid[], started uuid, signalled uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  taken bigint[];     -- what is dealt with here
  open_post bigint[];
  open_run uuid[];    -- of their open incidents
  open_job uuid[];
  held uuid[];        -- those of the runs that run, and are ours for the moment
  fresh text[];
  told uuid[];
  starting bigint[];
  inserted bigint;
BEGIN
  IF wait THEN -- each lock is then taken once more below, at once
    PERFORM pg_advisory_xact_lock(hashtextextended(p.group_id, 0)) FROM unnest(groups) AS p (group_id);
    -- A run may be ending this moment: its incident is closed afterwards.
    PERFORM FROM runs r WHERE r.id IN (SELECT i.run FROM incidents i
                                       WHERE i.group_id = ANY (groups) AND i.closed_at IS NULL)
      AND r.state = 'running' FOR NO KEY UPDATE;
  END IF;
  SELECT coalesce(array_agg(p.n), '{}') INTO taken
  FROM unnest(groups) WITH ORDINALITY AS p (group_id, n)
  WHERE pg_try_advisory_xact_lock(hashtextextended(p.group_id, 0));

  SELECT coalesce(array_agg(p.n), '{}'), coalesce(array_agg(i.run), '{}'),
         coalesce(array_agg(i.job), '{}')
  INTO open_post, open_run, open_job
  FROM unnest(groups) WITH ORDINALITY AS p (group_id, n)
  JOIN incidents i ON i.group_id = p.group_id AND i.closed_at IS NULL
  WHERE p.n = ANY (taken);
  SELECT coalesce(array_agg(r.id), '{}') INTO held
  FROM (SELECT id FROM runs WHERE id = ANY (open_run) AND state = 'running'
        FOR NO KEY UPDATE SKIP LOCKED) AS r;
  SELECT coalesce(array_agg(t.n), '{}') INTO taken
  FROM unnest(taken) AS t (n)
  WHERE NOT EXISTS (SELECT FROM unnest(open_post, open_run) AS o (n, run) JOIN runs r ON r.id = o.run
                    WHERE o.n = t.n AND r.state = 'running' AND r.id <> ALL (held));

  WITH events AS (
    INSERT INTO alert_events (id, group_id, fingerprint, status, starts_at, body, received_at)
    SELECT e.id, groups[e.post], e.fingerprint, e.status, e.starts_at, e.body, ats[e.post]
    FROM unnest(of_post, ids, fingerprints, statuses, starts, bodies)
         WITH ORDINALITY AS e (post, id, fingerprint, status, starts_at, body, n)
    WHERE e.post = ANY (taken) ORDER BY e.n
    ON CONFLICT DO NOTHING RETURNING id)
  SELECT coalesce(array_agg(id), '{}') INTO fresh FROM events;

  WITH said AS (
    INSERT INTO inbox (run, id, kind, body, at)
    SELECT o.run, 'alert:' || e.id, 'signal', e.body, ats[e.post]
    FROM unnest(of_post, ids, signals) WITH ORDINALITY AS e (post, id, body, n)
    JOIN unnest(fresh) AS f (id) USING (id)
    JOIN unnest(open_post, open_run) AS o (post, run) USING (post)
    WHERE o.run = ANY (held) ORDER BY e.n
    ON CONFLICT DO NOTHING RETURNING run),
  counted AS (SELECT run, count(*)::integer AS posted FROM said GROUP BY run),
  woken AS (
    UPDATE runs r SET inbox_waiting = inbox_waiting + c.posted, wake_at = NULL
    FROM counted c WHERE r.id = c.run)
  SELECT coalesce(array_agg(run), '{}') INTO told FROM counted;
  UPDATE alert_events a SET job = o.job
  FROM unnest(of_post, ids) AS e (post, id)
  JOIN unnest(fresh) AS f (id) USING (id)
  JOIN unnest(open_post, open_run, open_job) AS o (post, run, job) USING (post)
  WHERE a.id = e.id AND o.run = ANY (told);

  SELECT coalesce(array_agg(DISTINCT e.post), '{}') INTO starting
  FROM unnest(of_post, ids, statuses) AS e (post, id, status)
  JOIN unnest(fresh) AS f (id) USING (id)
  LEFT JOIN unnest(open_post, open_run) AS o (post, run) ON o.post = e.post AND o.run = ANY (held)
  WHERE e.status = 'firing' AND o.run IS NULL
    AND job_ids[e.post] <> '00000000-0000-0000-0000-000000000000';
  IF cardinality(starting) > room THEN
    RAISE EXCEPTION 'no room for another job' USING ERRCODE = 'TR001';
  END IF;
  INSERT INTO jobs (id, team, title, source, priority, idempotency_key, request_digest, inputs,
                    created_at, labels)
  SELECT j.id, j.team, j.title, j.source, j.priority, nullif(j.key, ''), j.digest, j.inputs, j.at,
         j.labels::jsonb
  FROM unnest(job_ids, keys, digests, teams, titles, priorities, sources, inputs, job_ats, labels)
       WITH ORDINALITY AS j (id, key, digest, team, title, priority, source, inputs, at, labels, n)
  WHERE j.n = ANY (starting) ORDER BY j.team, j.key, j.n
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS inserted = ROW_COUNT;
  IF inserted < cardinality(starting) THEN
    RAISE EXCEPTION 'idempotency key is taken' USING ERRCODE = 'TR002';
  END IF;
  INSERT INTO runs (id, job, team, priority, bundle, created_at)
  SELECT j.run, j.id, j.team, j.priority, j.bundle, j.at
  FROM unnest(job_ids, job_runs, teams, priorities, bundles, job_ats)
       WITH ORDINALITY AS j (id, run, team, priority, bundle, at, n)
  WHERE j.n = ANY (starting);
  INSERT INTO journal (run, seq, append, at, body)
  SELECT j.run, 0, j.append, j.at, j.body
  FROM unnest(job_runs, appends, job_ats, job_bodies)
       WITH ORDINALITY AS j (run, append, at, body, n)
  WHERE j.n = ANY (starting);
  INSERT INTO incidents (run, job, group_id, receiver, group_key, opened_at)
  SELECT p.run, p.job, p.group_id, p.receiver, p.group_key, p.at
  FROM unnest(job_runs, job_ids, groups, receivers, group_keys, ats)
       WITH ORDINALITY AS p (run, job, group_id, receiver, group_key, at, n)
  WHERE p.n = ANY (starting);
  UPDATE alert_events a SET job = job_ids[e.post]
  FROM unnest(of_post, ids) AS e (post, id) JOIN unnest(fresh) AS f (id) USING (id)
  WHERE a.id = e.id AND e.post = ANY (starting);

  UPDATE alert_events a
  SET job = (SELECT f.job FROM alert_events f
             WHERE f.group_id = a.group_id AND f.fingerprint = a.fingerprint
               AND f.status = 'firing' AND f.job IS NOT NULL
             ORDER BY f.place DESC LIMIT 1)
  FROM unnest(of_post, ids, statuses) AS e (post, id, status) JOIN unnest(fresh) AS f (id) USING (id)
  WHERE a.id = e.id AND e.status = 'resolved' AND e.post <> ALL (starting)
    AND NOT EXISTS (SELECT FROM unnest(open_post, open_run) AS o (post, run)
                    WHERE o.post = e.post AND o.run = ANY (told));

  RETURN QUERY
  SELECT CASE WHEN p.n = ANY (taken) THEN 'taken' ELSE 'locked' END,
         coalesce(s.accepted, 0), coalesce(s.jobs, '{}'),
         CASE WHEN p.n = ANY (starting) OR o.run = job_runs[p.n] THEN job_runs[p.n] END,
         CASE WHEN o.run = ANY (told) THEN o.run END
  FROM generate_subscripts(groups, 1) AS p (n)
  LEFT JOIN (SELECT e.post, count(f.id)::integer AS accepted,
                    array_agg(DISTINCT a.job) FILTER (WHERE a.job IS NOT NULL) AS jobs
             FROM (SELECT DISTINCT o.post, o.id FROM unnest(of_post, ids) AS o (post, id)) AS e
             LEFT JOIN unnest(fresh) AS f (id) USING (id)
             LEFT JOIN alert_events a ON a.id = e.id
             GROUP BY e.post) AS s ON s.post = p.n
  LEFT JOIN unnest(open_post, open_run) AS o (post, run) ON o.post = p.n AND o.run = ANY (held)
  ORDER BY p.n;
END $$;
