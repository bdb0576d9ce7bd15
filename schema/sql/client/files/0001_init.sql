-- files.db of pdctl: what the owner has accepted and has not all come yet (FILE-20). Never edited once released.

CREATE TABLE accepted (
  key    TEXT NOT NULL PRIMARY KEY,  -- of FILE-17
  sender TEXT NOT NULL,
  folder TEXT NOT NULL,              -- an absolute path
  used   INTEGER NOT NULL            -- when it was accepted, or last continued
) STRICT, WITHOUT ROWID;
