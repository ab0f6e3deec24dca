-- Keyed limits: who has leased which permits, who waits for some, and the buckets of rates. All of it
-- is of the moment; what a limit is, the asking node says.
CREATE TABLE limit_keys (
  key       text PRIMARY KEY,
  most      bigint,                          -- permits at a time; NULL: any number
  rate      bigint,                          -- tokens that its bucket holds and gains in a period
  period    bigint,                          -- ms
  tokens    double precision NOT NULL,
  filled_at timestamptz NOT NULL,
  CHECK ((rate IS NULL) = (period IS NULL))
);
CREATE TABLE limit_holders (                 -- incarnations
  holder  uuid PRIMARY KEY,
  turn    bigint NOT NULL,                   -- an ask that comes late changes nothing
  seen_at timestamptz NOT NULL,
  gone_at timestamptz                        -- when somebody saw that it is fenced, or has left
);
CREATE TABLE limit_uses (
  key     text NOT NULL,
  holder  uuid NOT NULL REFERENCES limit_holders ON DELETE CASCADE,
  held    bigint NOT NULL,
  waiting bigint NOT NULL,
  PRIMARY KEY (key, holder)
);
CREATE INDEX limit_uses_of_holder ON limit_uses (holder);
CREATE TABLE limit_claims (                  -- what was not granted yet
  holder   uuid NOT NULL REFERENCES limit_holders ON DELETE CASCADE,
  place    bigint NOT NULL,
  keys     text[] NOT NULL,
  count    bigint NOT NULL,
  priority bigint NOT NULL,
  since    timestamptz NOT NULL,
  PRIMARY KEY (holder, place)
);

CREATE FUNCTION tokens_at(k limit_keys, now timestamptz) RETURNS double precision LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN k.rate IS NOT NULL THEN
    least(k.rate, k.tokens + greatest(extract(epoch FROM now - k.filled_at), 0) * 1000.0
                             * k.rate / k.period) END;
$$;

-- All that `me` holds and waits for from now on, and what it claims: claim_keys has for each claim the
-- places in `names`, such as 1,3. 0 in mosts and rates: no such limit. One node after the other.
CREATE FUNCTION exchange_permits(
  me uuid, my_turn bigint, names text[], mosts bigint[], rates bigint[], periods bigint[],
  helds bigint[], waitings bigint[], refunds bigint[],
  claim_keys text[], claim_counts bigint[], claim_priorities bigint[], claim_waits bigint[],
  grace bigint, claims_last bigint,
  OUT taken boolean, OUT granted bigint[], OUT in_use bigint[], OUT all_waiting bigint[],
  OUT contended boolean[], OUT tokens_left bigint[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  at timestamptz;
  rivals text[];            -- every key that is claimed, with what is left of it
  room bigint[];
  tokens double precision[];
  won bigint[];
  claim record;
  name text;
  i integer;
  n bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7016996765293437283);
  PERFORM FROM nodes WHERE incarnation = me AND NOT fenced FOR SHARE;
  taken := FOUND;
  IF NOT taken THEN
    RETURN;
  END IF;
  at := clock_timestamp();
  INSERT INTO limit_holders AS h (holder, turn, seen_at) VALUES (me, my_turn, at)
  ON CONFLICT (holder) DO UPDATE SET turn = excluded.turn, seen_at = excluded.seen_at
  WHERE h.turn < excluded.turn;
  taken := FOUND;
  IF NOT taken THEN
    RETURN;
  END IF;
  UPDATE limit_holders h SET gone_at = at
  WHERE h.gone_at IS NULL
    AND NOT EXISTS (SELECT FROM nodes n WHERE n.incarnation = h.holder AND NOT n.fenced);
  DELETE FROM limit_holders WHERE gone_at < at - grace * interval '1 ms';
  IF my_turn % 256 = 0 THEN -- a bucket is full by then: the longest period is an hour
    DELETE FROM limit_keys k WHERE k.filled_at < at - interval '1 hour'
      AND NOT EXISTS (SELECT FROM limit_uses u WHERE u.key = k.key);
  END IF;

  INSERT INTO limit_keys (key, most, rate, period, tokens, filled_at)
  SELECT d.key, nullif(d.most, 0), nullif(d.rate, 0), nullif(d.period, 0), d.rate, at
  FROM unnest(names, mosts, rates, periods) AS d (key, most, rate, period)
  ON CONFLICT DO NOTHING;
  UPDATE limit_keys k
  SET most = nullif(d.most, 0), rate = nullif(d.rate, 0), period = nullif(d.period, 0),
      tokens = least(d.rate, coalesce(tokens_at(k, at), d.rate) + d.refund), filled_at = at
  FROM unnest(names, mosts, rates, periods, refunds) AS d (key, most, rate, period, refund)
  WHERE k.key = d.key;
  DELETE FROM limit_uses WHERE holder = me;
  INSERT INTO limit_uses (key, holder, held, waiting)
  SELECT d.key, me, d.held, d.waiting
  FROM unnest(names, helds, waitings) AS d (key, held, waiting) WHERE d.held + d.waiting > 0;
  DELETE FROM limit_claims WHERE holder = me;
  INSERT INTO limit_claims (holder, place, keys, count, priority, since)
  SELECT me, d.place, ARRAY(SELECT names[p] FROM unnest(string_to_array(d.keys, ',')::integer[]) AS p),
         d.count, d.priority, at - d.waited * interval '1 ms'
  FROM unnest(claim_keys, claim_counts, claim_priorities, claim_waits)
       WITH ORDINALITY AS d (keys, count, priority, waited, place);

  SELECT array_agg(k.key), array_agg(k.most - coalesce(u.held, 0)), array_agg(tokens_at(k, at)),
         array_agg(0::bigint)
  INTO rivals, room, tokens, won
  FROM limit_keys k
  LEFT JOIN (SELECT key, sum(held)::bigint AS held FROM limit_uses GROUP BY key) AS u ON u.key = k.key
  WHERE k.key IN (SELECT unnest(c.keys) FROM limit_claims c WHERE c.keys && names);
  granted := array_fill(0::bigint, ARRAY[cardinality(claim_counts)]);
  FOR claim IN
    SELECT c.* FROM limit_claims c JOIN limit_holders h ON h.holder = c.holder
    WHERE c.keys && names AND h.gone_at IS NULL AND h.seen_at > at - claims_last * interval '1 ms'
    ORDER BY c.priority DESC, c.since, c.holder, c.place
  LOOP
    n := claim.count;
    FOREACH name IN ARRAY claim.keys LOOP
      i := array_position(rivals, name);
      n := least(n, room[i], floor(tokens[i])::bigint); -- NULL: no bound
    END LOOP;
    CONTINUE WHEN n <= 0;
    FOREACH name IN ARRAY claim.keys LOOP
      i := array_position(rivals, name);
      room[i] := room[i] - n;
      tokens[i] := tokens[i] - n;
      IF claim.holder = me THEN
        won[i] := won[i] + n;
      END IF;
    END LOOP;
    IF claim.holder = me THEN
      granted[claim.place] := n;
    END IF;
  END LOOP;
  INSERT INTO limit_uses AS u (key, holder, held, waiting)
  SELECT d.key, me, d.won, 0 FROM unnest(rivals, won) AS d (key, won) WHERE d.won > 0
  ON CONFLICT (key, holder) DO UPDATE
  SET held = u.held + excluded.held, waiting = greatest(u.waiting - excluded.held, 0);
  UPDATE limit_keys k SET tokens = k.tokens - d.won
  FROM unnest(rivals, won) AS d (key, won) WHERE k.key = d.key AND d.won > 0 AND k.rate IS NOT NULL;
  DELETE FROM limit_claims WHERE holder = me AND count <= granted[place];
  UPDATE limit_claims SET count = count - granted[place] WHERE holder = me AND granted[place] > 0;

  SELECT array_agg(coalesce(u.held, 0) ORDER BY d.n), array_agg(coalesce(u.waiting, 0) ORDER BY d.n),
         array_agg(EXISTS (
           SELECT FROM limit_claims c JOIN limit_holders h ON h.holder = c.holder
           WHERE c.holder <> me AND d.key = ANY (c.keys) AND h.gone_at IS NULL
             AND h.seen_at > at - claims_last * interval '1 ms') ORDER BY d.n),
         array_agg(coalesce(floor(tokens_at(k, at)), 0)::bigint ORDER BY d.n)
  INTO in_use, all_waiting, contended, tokens_left
  FROM unnest(names) WITH ORDINALITY AS d (key, n)
  JOIN limit_keys k ON k.key = d.key
  LEFT JOIN LATERAL (
    SELECT sum(x.held)::bigint AS held, (sum(x.waiting) FILTER (WHERE h.gone_at IS NULL))::bigint AS waiting
    FROM limit_uses x JOIN limit_holders h ON h.holder = x.holder WHERE x.key = d.key) AS u ON true;
END $$;
