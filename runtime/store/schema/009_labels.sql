-- Labels of jobs. (A node that runs the version before makes no more jobs; what it owns it finishes.)
ALTER TABLE jobs ADD COLUMN labels jsonb NOT NULL DEFAULT '{}'
  CHECK (jsonb_typeof(labels) = 'object');
CREATE INDEX jobs_by_label ON jobs USING gin (labels jsonb_path_ops);
ALTER TYPE new_job ADD ATTRIBUTE labels text; -- {"name":"value"}; NULL: none

CREATE OR REPLACE FUNCTION insert_job(new new_job) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO jobs (id, team, title, source, priority, idempotency_key, request_digest, inputs,
                    created_at, labels)
  VALUES (new.id, new.team, new.title, new.source, new.priority, nullif(new.idempotency_key, ''),
          new.request_digest, new.inputs, new.at, coalesce(new.labels, '{}')::jsonb)
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
