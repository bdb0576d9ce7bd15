-- history.db of pdctl: every message, and the outbox. Never edited once released: a change is a new file with the next
-- number, and PRAGMA user_version is the number of the last one applied.

CREATE TABLE message (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they were stored here
  peer     TEXT NOT NULL,                      -- local@domain of the other person
  outgoing INTEGER NOT NULL,
  id       TEXT NOT NULL,                      -- drawn by whoever wrote it (SESS-12)
  time     INTEGER NOT NULL,                   -- when it was written, by the writer's clock, seconds since 1970
  stored   INTEGER NOT NULL,                   -- when it was stored, by ours
  state    INTEGER NOT NULL,                   -- 0 pending, 1 sent, 2 delivered; 3 received
  text     TEXT NOT NULL,
  CHECK (outgoing IN (0, 1)),
  CHECK (length(id) = 32),
  CHECK (CASE outgoing WHEN 1 THEN state IN (0, 1, 2) ELSE state = 3 END),
  UNIQUE (peer, outgoing, id)                  -- SESS-17: nothing is stored twice
) STRICT;

CREATE INDEX message_of_peer ON message (peer, seq);
CREATE INDEX message_waiting ON message (peer, seq) WHERE outgoing = 1 AND state < 2;
