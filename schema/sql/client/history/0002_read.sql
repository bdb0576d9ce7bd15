-- What the owner has read of each person. What was there before counts as read.

CREATE TABLE conversation (
  peer         TEXT PRIMARY KEY,  -- local@domain of the other person
  read_through INTEGER NOT NULL   -- seq of the last message that was read
) STRICT;

INSERT INTO conversation SELECT peer, max(seq) FROM message GROUP BY peer;
