-- Appends in which a run asks a person: how pending approvals are found among a million runs. What a
-- step gives may hold the same words, so whoever looks folds what it finds.
CREATE INDEX journal_asks ON journal (run) WHERE strpos(body, '"type":"approval.requested"') > 0;

-- A further run of a job: added | known | missing. The job's row is locked first, so that an earlier
-- run which ends this moment does not end the job once more.
CREATE FUNCTION add_run(of_job uuid, new_run uuid, new_bundle text, new_at timestamptz,
                        new_append uuid, new_body text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  the_job jobs%ROWTYPE;
BEGIN
  SELECT * INTO the_job FROM jobs WHERE id = of_job FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN 'missing';
  END IF;
  INSERT INTO runs (id, job, team, priority, bundle, created_at)
  VALUES (new_run, of_job, the_job.team, the_job.priority, new_bundle, new_at)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN 'known';
  END IF;
  INSERT INTO journal (run, seq, append, at, body)
  VALUES (new_run, 0, new_append, new_at, new_body);
  UPDATE jobs SET state = 'running', reason = '', finished_at = NULL
  WHERE id = of_job AND state <> 'running';
  RETURN 'added';
END $$;
