-- The state of a run after one of its appends, so that a fold begins there. The journal is the truth:
-- a snapshot counts only while it names the append that stands at its seq, and who cannot read it folds
-- from the first append on.
CREATE TABLE snapshots (
  run    uuid PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
  seq    bigint NOT NULL CHECK (seq >= 0),
  append uuid NOT NULL,
  format integer NOT NULL,                  -- of the body; a reader of another one leaves it aside
  body   text NOT NULL
);
DO $$
BEGIN
  ALTER TABLE snapshots ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL; -- a server built without lz4 keeps its own compression
END $$;
