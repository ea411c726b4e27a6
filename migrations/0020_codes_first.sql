-- Codes have places of their own among what is sent: they are found without a look at what else waits.

CREATE INDEX outbox_codes_due ON outbox (tenant_id, due_at) WHERE status = 'waiting' AND kind = 'code';
