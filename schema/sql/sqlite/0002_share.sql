-- How much of remote_answer each domain has, so that one domain pushes out its own answers and not those of others
-- (FED-18), without a scan.
CREATE TABLE remote_share (
  domain  TEXT    PRIMARY KEY,
  rows    INTEGER NOT NULL,
  bytes   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO remote_share
  SELECT substr(address, instr(address, '@') + 1), count(*), sum(size) FROM remote_answer GROUP BY 1;

-- The oldest of a domain.
CREATE INDEX remote_answer_by_domain ON remote_answer (substr(address, instr(address, '@') + 1), fetched);

CREATE TRIGGER remote_share_in AFTER INSERT ON remote_answer BEGIN
  INSERT INTO remote_share VALUES (substr(NEW.address, instr(NEW.address, '@') + 1), 1, NEW.size)
    ON CONFLICT (domain) DO UPDATE SET rows = rows + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER remote_share_out AFTER DELETE ON remote_answer BEGIN
  UPDATE remote_share SET rows = rows - 1, bytes = bytes - OLD.size
    WHERE domain = substr(OLD.address, instr(OLD.address, '@') + 1);
  DELETE FROM remote_share WHERE domain = substr(OLD.address, instr(OLD.address, '@') + 1) AND rows = 0;
END;
