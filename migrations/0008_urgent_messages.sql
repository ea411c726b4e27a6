-- What goes to many clients at once holds up no code and no sale: the others are found without passing it.

CREATE INDEX outbox_urgent ON outbox (tenant_id, due_at)
 WHERE status = 'waiting' AND kind NOT IN ('birthday', 'expiring', 'campaign');
