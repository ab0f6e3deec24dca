-- A plan made while there is little in a table must not read all of it for every batch later on: rows are
-- looked up by their key.
ALTER FUNCTION lock_runs(uuid[]) SET enable_seqscan = off;
ALTER FUNCTION park_runs(uuid[], uuid[], timestamptz[])
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
ALTER FUNCTION post_inbox_rows(uuid[], text[], text[], text[], timestamptz[])
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
ALTER FUNCTION claim_runs(uuid, uuid, uuid[], integer, text[], timestamptz, bigint[], text[])
  SET enable_seqscan = off;
