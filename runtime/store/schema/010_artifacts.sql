-- What is too large for a message, by its hash, in pieces: no statement holds a whole one. An upload's
-- pieces become the content of an artifact once all of them together have its hash.
CREATE TABLE secrets (
  name  text PRIMARY KEY,
  value bytea NOT NULL
);
INSERT INTO secrets (name, value)
SELECT 'artifact_tokens', sha256(convert_to(string_agg(gen_random_uuid()::text, ''), 'UTF8'))
FROM generate_series(1, 4);

CREATE TABLE artifact_uploads (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash     text COLLATE "C" NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  uploader text NOT NULL,
  bytes    bigint NOT NULL CHECK (bytes >= 0),
  type     text NOT NULL,
  state    text NOT NULL DEFAULT 'open'
           CHECK (state IN ('open', 'whole', 'loose')), -- whole: an artifact's; loose: to be dropped
  touched  timestamptz NOT NULL
);
CREATE UNIQUE INDEX artifact_uploads_known ON artifact_uploads (hash, uploader) WHERE state <> 'loose';
CREATE INDEX artifact_uploads_open ON artifact_uploads (touched) WHERE state = 'open';
CREATE INDEX artifact_uploads_loose ON artifact_uploads (id) WHERE state = 'loose';

CREATE TABLE artifact_pieces (
  upload bigint NOT NULL REFERENCES artifact_uploads,
  place  integer NOT NULL CHECK (place >= 0),
  body   bytea NOT NULL,
  PRIMARY KEY (upload, place)
);
DO $$
BEGIN
  ALTER TABLE artifact_pieces ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL; -- a server built without lz4 keeps its own compression
END $$;

CREATE TABLE artifacts (
  hash       text COLLATE "C" PRIMARY KEY,
  upload     bigint NOT NULL UNIQUE REFERENCES artifact_uploads, -- whose pieces are the content
  bytes      bigint NOT NULL,
  type       text NOT NULL,
  unreferred boolean NOT NULL DEFAULT false -- a run that referred to it is gone: look for another
);
CREATE INDEX artifacts_unreferred ON artifacts (hash) WHERE unreferred;

CREATE TABLE artifact_refs (
  run  uuid NOT NULL REFERENCES runs ON DELETE CASCADE,
  hash text COLLATE "C" NOT NULL REFERENCES artifacts,
  at   timestamptz NOT NULL,
  PRIMARY KEY (run, hash)
);
CREATE INDEX artifact_refs_of_hash ON artifact_refs (hash);

CREATE FUNCTION artifacts_unreferred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE artifacts SET unreferred = true WHERE hash IN (SELECT hash FROM gone);
  RETURN NULL;
END $$;
CREATE TRIGGER artifacts_unreferred AFTER DELETE ON artifact_refs
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION artifacts_unreferred();

-- The run refers to every artifact that `named` names and one of `others` refers to. What is being
-- dropped is waited for, and is none.
CREATE FUNCTION refer_to_artifacts(of_run uuid, others uuid[], named text, now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO artifact_refs (run, hash, at)
  SELECT r.id, a.hash, now FROM artifacts a, runs r
  WHERE r.id = of_run
    AND a.hash IN (SELECT m[1] FROM regexp_matches(named, 'sha256:([0-9a-f]{64})', 'g') AS m)
    AND EXISTS (SELECT FROM artifact_refs k WHERE k.hash = a.hash AND k.run = ANY (others))
  ORDER BY a.hash FOR KEY SHARE
  ON CONFLICT DO NOTHING;
END $$;

-- Whether the run may refer to one artifact more.
CREATE FUNCTION has_room_for_artifact(of_run uuid, more bigint, most bigint, most_bytes bigint)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT count(*) < most AND coalesce(sum(a.bytes), 0) + more <= most_bytes
  FROM artifact_refs r JOIN artifacts a USING (hash) WHERE r.run = of_run
$$;

-- One piece: known (the run refers to the artifact already) | no_run | full | other (the uploader gave
-- another length before) | kept. `pieces`: how many of the upload are there.
CREATE FUNCTION put_artifact_piece(of_hash text, by_uploader text, of_run uuid, whole bigint,
                                   of_type text, at_place integer, content bytea, now timestamptz,
                                   most bigint, most_bytes bigint,
                                   OUT outcome text, OUT upload bigint, OUT pieces bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  u artifact_uploads%ROWTYPE;
BEGIN
  IF EXISTS (SELECT FROM artifact_refs WHERE run = of_run AND hash = of_hash) THEN
    outcome := 'known';
    RETURN;
  ELSIF NOT EXISTS (SELECT FROM runs WHERE id = of_run) THEN
    outcome := 'no_run';
    RETURN;
  ELSIF at_place = 0 AND NOT has_room_for_artifact(of_run, whole, most, most_bytes) THEN
    outcome := 'full';
    RETURN;
  END IF;
  INSERT INTO artifact_uploads AS a (hash, uploader, bytes, type, touched)
  VALUES (of_hash, by_uploader, whole, of_type, now)
  ON CONFLICT (hash, uploader) WHERE state <> 'loose' DO UPDATE SET touched = now
  RETURNING * INTO u; -- locked from here on
  IF u.bytes <> whole THEN
    outcome := 'other';
    RETURN;
  END IF;
  IF u.state = 'open' THEN
    INSERT INTO artifact_pieces (upload, place, body) VALUES (u.id, at_place, content)
    ON CONFLICT (upload, place) DO UPDATE SET body = EXCLUDED.body;
  END IF;
  outcome := 'kept';
  upload := u.id;
  SELECT count(*) INTO pieces FROM artifact_pieces p WHERE p.upload = u.id;
END $$;

-- The pieces of the upload have been read and have its hash: stored | no_run | full | gone (it was
-- dropped meanwhile: put it again).
CREATE FUNCTION finish_artifact(of_upload bigint, of_run uuid, now timestamptz, most bigint,
                                most_bytes bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  u artifact_uploads%ROWTYPE;
BEGIN
  PERFORM FROM runs WHERE id = of_run FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN 'no_run';
  END IF;
  SELECT * INTO u FROM artifact_uploads WHERE id = of_upload FOR UPDATE;
  IF NOT FOUND OR u.state = 'loose' THEN
    RETURN 'gone';
  ELSIF NOT has_room_for_artifact(of_run, u.bytes, most, most_bytes) THEN
    RETURN 'full';
  END IF;
  INSERT INTO artifacts (hash, upload, bytes, type) VALUES (u.hash, u.id, u.bytes, u.type)
  ON CONFLICT DO NOTHING;
  UPDATE artifact_uploads SET state = CASE WHEN EXISTS (SELECT FROM artifacts WHERE upload = u.id)
                                           THEN 'whole' ELSE 'loose' END
  WHERE id = u.id; -- loose: another upload of the same came first
  PERFORM FROM artifacts WHERE hash = u.hash FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN 'gone';
  END IF;
  INSERT INTO artifact_refs (run, hash, at) VALUES (of_run, u.hash, now) ON CONFLICT DO NOTHING;
  RETURN 'stored';
END $$;

-- One small batch of what nobody refers to any more, and of uploads that were left half-way.
CREATE FUNCTION drop_artifacts(idle_before timestamptz, most integer, most_pieces integer,
                               OUT dropped integer, OUT more boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  a record;
  looked integer := 0;
  n integer;
BEGIN
  dropped := 0;
  more := false;
  IF NOT pg_try_advisory_xact_lock(7016996765293437283) THEN
    RETURN;
  END IF;
  FOR a IN SELECT hash, upload FROM artifacts WHERE unreferred
           ORDER BY hash LIMIT most FOR UPDATE SKIP LOCKED
  LOOP
    looked := looked + 1;
    IF EXISTS (SELECT FROM artifact_refs r WHERE r.hash = a.hash) THEN
      UPDATE artifacts SET unreferred = false WHERE hash = a.hash;
    ELSE
      DELETE FROM artifacts WHERE hash = a.hash;
      UPDATE artifact_uploads SET state = 'loose' WHERE id = a.upload;
      dropped := dropped + 1;
    END IF;
  END LOOP;
  UPDATE artifact_uploads SET state = 'loose' WHERE id IN (
    SELECT u.id FROM artifact_uploads u WHERE u.state = 'open' AND u.touched < idle_before
    ORDER BY u.touched LIMIT most FOR UPDATE SKIP LOCKED);
  DELETE FROM artifact_pieces p USING (
    SELECT q.upload, q.place FROM artifact_uploads u JOIN artifact_pieces q ON q.upload = u.id
    WHERE u.state = 'loose' ORDER BY u.id LIMIT most_pieces) AS d
  WHERE p.upload = d.upload AND p.place = d.place;
  GET DIAGNOSTICS n = ROW_COUNT;
  more := looked = most OR n = most_pieces;
  DELETE FROM artifact_uploads WHERE id IN (
    SELECT u.id FROM artifact_uploads u
    WHERE u.state = 'loose' AND NOT EXISTS (SELECT FROM artifact_pieces p WHERE p.upload = u.id)
    ORDER BY u.id LIMIT most FOR UPDATE SKIP LOCKED);
END $$;

-- A fork refers to what its first append names of the artifacts of its job's other runs.
CREATE OR REPLACE FUNCTION add_run(of_job uuid, new_run uuid, new_bundle text, new_at timestamptz,
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
  IF strpos(new_body, 'sha256:') > 0 THEN
    PERFORM refer_to_artifacts(new_run, ARRAY(SELECT id FROM runs WHERE job = of_job), new_body,
                               new_at);
  END IF;
  UPDATE jobs SET state = 'running', reason = '', finished_at = NULL
  WHERE id = of_job AND state <> 'running';
  RETURN 'added';
END $$;
