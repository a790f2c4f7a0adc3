-- The one deployment that these statistics belong to: as in the ledger (0015_deployment.sql). A job of the Worker writes
-- it once the ledger has its mark.
CREATE TABLE deployment (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  name TEXT NOT NULL,
  public_url TEXT NOT NULL,
  livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
  marked_at INTEGER NOT NULL
) STRICT;
