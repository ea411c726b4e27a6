-- Webhooks: a rotated secret signs beside the new one for a day, an event keeps the body it is sent with, and a delivery
-- tells when it was last tried.

ALTER TABLE webhook_endpoints ADD COLUMN previous_secret_sealed TEXT;
ALTER TABLE webhook_endpoints ADD COLUMN previous_until BIGINT;
-- Worded once, when the deliveries are made, so that every attempt sends the same bytes.
ALTER TABLE webhook_events ADD COLUMN body TEXT;
ALTER TABLE webhook_deliveries ADD COLUMN attempted_at BIGINT;

CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (tenant_id, event_id);
