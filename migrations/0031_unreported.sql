-- Text messages whose delivery is not known are found by when they were sent, once a minute for each shop that sends some.

CREATE INDEX outbox_unreported ON outbox (tenant_id, sent_at)
 WHERE status = 'sent' AND remote_id IS NOT NULL AND COALESCE(delivery, 'on_its_way') = 'on_its_way';
