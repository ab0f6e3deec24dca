-- What people and other runs say to a run besides signals, cancels and decisions.
ALTER TABLE inbox DROP CONSTRAINT inbox_kind_check;
ALTER TABLE inbox ADD CONSTRAINT inbox_kind_check CHECK (kind IN (
  'signal', 'cancel', 'approval', 'kill', 'pause', 'resume', 'skip_wait', 'resolve', 'child'));
