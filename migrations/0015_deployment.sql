-- The one deployment that this ledger belongs to. `pnpm run deploy` writes it into a new ledger. The Worker and the next
-- deployment compare it, because wrangler attaches a copied configuration to a ledger by name, without a question.
CREATE TABLE deployment (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  -- The Worker's name at Cloudflare.
  name TEXT NOT NULL,
  public_url TEXT NOT NULL,
  livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
  marked_at INTEGER NOT NULL
) STRICT;
