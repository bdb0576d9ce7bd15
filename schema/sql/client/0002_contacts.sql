-- Whom the owner lets in (schema/spec/contacts.md).

-- What the owner has decided about an address; it stands until it is replaced (CON-8).
CREATE TABLE decision (
  address TEXT PRIMARY KEY,                -- local@domain, lower case; need not be in contact
  verdict INTEGER NOT NULL,                -- 1 accepted, 2 declined, 3 blocked
  decided INTEGER NOT NULL,                -- seconds since 1970
  CHECK (verdict IN (1, 2, 3))
) STRICT;

-- Strangers who asked to talk to the owner (CON-6).
CREATE TABLE request (
  address      TEXT PRIMARY KEY,
  domain       TEXT NOT NULL,              -- of the address
  identity_key BLOB NOT NULL,              -- 32 bytes, in force when they asked last
  confirmed    INTEGER NOT NULL,           -- 1: their domain's key was seen at the domain itself
  first_asked  INTEGER NOT NULL,           -- seconds since 1970
  last_asked   INTEGER NOT NULL,
  times        INTEGER NOT NULL,
  CHECK (length(identity_key) = 32),
  CHECK (confirmed IN (0, 1))
) STRICT;

-- One row a setting that has been made.
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,                  -- policy
  value TEXT NOT NULL
) STRICT;
