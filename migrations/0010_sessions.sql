-- Who is signed in to the account and the admin console.

CREATE TABLE sessions (
  -- SHA-256 of the cookie: who reads the database can sign in as nobody.
  id TEXT PRIMARY KEY,
  -- How they signed in: by a license key or a mailed link (account), an admin token or Cloudflare Access (console).
  kind TEXT NOT NULL CHECK (kind IN ('license', 'mail', 'token', 'access')),
  -- The license id, mail address, admin token id or mail address.
  subject TEXT NOT NULL,
  -- Of the license key: a newer one ends the session.
  generation INTEGER CHECK ((generation IS NOT NULL) = (kind = 'license')),
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_change TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_subject ON sessions (kind, subject);
CREATE INDEX sessions_by_end ON sessions (expires_at);
