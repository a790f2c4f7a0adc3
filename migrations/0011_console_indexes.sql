-- What admins find a license by, however many there are.

-- Which licenses an event of Stripe's was about: for a license's story, and to find it by any id that Stripe has named.
CREATE TABLE stripe_event_licenses (
  event_id TEXT NOT NULL REFERENCES stripe_events (id) ON DELETE CASCADE,
  license_id TEXT NOT NULL REFERENCES licenses (id),
  PRIMARY KEY (event_id, license_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stripe_event_licenses_by_license ON stripe_event_licenses (license_id);
CREATE INDEX stripe_events_by_object ON stripe_events (object_id) WHERE object_id IS NOT NULL;

-- The parts of STATUS_SQL in src/licensing/license-status.ts, word for word, or it is not used; a test asks for its plan.
CREATE INDEX licenses_by_status ON licenses (
  CASE WHEN admin_state <> 'none' THEN admin_state
    WHEN dispute_state = 'lost' OR refund_state = 'full' THEN 'revoked'
    WHEN dispute_state = 'open' THEN 'suspended' ELSE 'none' END,
  CASE WHEN subscription_state IN ('ended', 'suspended') THEN coalesce(extended_until, 0)
    WHEN expires_at IS NULL THEN 253402300799
    ELSE max(expires_at + grace_seconds, coalesce(extended_until, 0)) END,
  CASE WHEN subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END,
  id
);

-- How much one release is used: what yanking or blocking it touches.
CREATE INDEX downloads_by_release ON downloads (worker_id, version, at);
