-- One lease for all that waits in tables: due by the programme's clock, somebody's by the machines', one partial index over
-- what waits, `(tenant_id, due_at)`.

ALTER TABLE webhook_events ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook_events ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook_events ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
-- Why it can't be told.
ALTER TABLE webhook_events ADD COLUMN error TEXT;

ALTER TABLE webhook_deliveries ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE follow_ups ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0;

-- Events and follow-ups fall due together: those of one moment are found in their order.
DROP INDEX webhook_events_fresh;
CREATE INDEX webhook_events_due ON webhook_events (tenant_id, due_at, id) WHERE fresh;
DROP INDEX follow_ups_due;
CREATE INDEX follow_ups_due ON follow_ups (tenant_id, due_at, id) WHERE done_at IS NULL;
-- Those of one account are made one after another.
CREATE INDEX follow_ups_of_client ON follow_ups (tenant_id, client_id, id) WHERE done_at IS NULL;
