-- The entries of the trail that revoke a license, whatever the cause: `?action=license.revoke` finds all of them.
CREATE INDEX audit_of_revocations ON audit (id) WHERE (action IN ('license.revoke', 'license.refund', 'license.erase') OR (action = 'license.follow-payment' AND (json_extract(details, '$.refund_state') = 'full' OR json_extract(details, '$.dispute_state') = 'lost')));
