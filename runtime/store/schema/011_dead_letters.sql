-- Injected events that could not be used, for a person to see to.
CREATE TABLE dead_letters (
  place   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the order of arrival
  id      text NOT NULL UNIQUE,
  channel text NOT NULL,
  at      timestamptz NOT NULL,
  reason  text NOT NULL,
  letter  text NOT NULL
);
