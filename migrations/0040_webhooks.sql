-- Webhooks (src/domain/webhooks): the endpoints of the vendor's own systems, and the events that each of them is sent.

CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  -- The types of events that it is sent, as a JSON array: `license.revoke`, or `license.*` for a group. Empty: all.
  types TEXT NOT NULL CHECK (json_valid(types)),
  -- Its secret is derived from this number and stored nowhere. The former one signs as well until `former_until`.
  generation INTEGER NOT NULL DEFAULT 0,
  former_until INTEGER,
  -- Why nothing is sent: an admin or the service has disabled it. Null: it is sent events.
  disabled_by TEXT CHECK (disabled_by IN ('admin', 'failing', 'gone')),
  removed_at INTEGER,
  -- The number of the sequence of the trail that its deliveries are queued through, and that of the last queued event.
  position INTEGER NOT NULL,
  last_queued INTEGER,
  -- The rounds in a row that failed, since when, and the time before which no other round begins.
  failures INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  not_before INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  last_change TEXT NOT NULL
) STRICT;

-- One row for an event and an endpoint. The text that is sent is made from the entry of the trail, and stored nowhere.
CREATE TABLE webhook_deliveries (
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
  sequence INTEGER NOT NULL,
  -- The event that the endpoint was sent before this one. Null: none.
  previous_sequence INTEGER,
  event_id TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  queued_at INTEGER NOT NULL,
  first_attempt_at INTEGER,
  last_attempt_at INTEGER,
  next_attempt_at INTEGER NOT NULL,
  -- The last attempt: the status of its answer, if there was one, its fault in words, and its milliseconds.
  last_status INTEGER,
  last_error TEXT,
  last_ms INTEGER,
  delivered_at INTEGER,
  PRIMARY KEY (endpoint_id, sequence)
) STRICT, WITHOUT ROWID;
-- Events about one thing are sent in their order: only the oldest of each subject is due.
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, subject, sequence) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (endpoint_id, sequence) WHERE state = 'failed';
-- What retention deletes.
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (queued_at) WHERE state <> 'pending';
