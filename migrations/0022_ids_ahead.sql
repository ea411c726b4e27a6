-- Rows whose id is more than a day ahead of when they were posted: made by a machine whose clock was ahead, or on an account
-- that such a machine had changed. Hardly any; figures of a time find them here, all others by their ids.

CREATE INDEX sales_ahead ON sales (tenant_id, created_at) WHERE id / 2048 + 1767139200000 > created_at;
CREATE INDEX receipts_ahead ON receipts (tenant_id, created_at) WHERE id / 2048 + 1767139200000 > created_at;
CREATE INDEX returns_ahead ON returns (tenant_id, created_at) WHERE id / 2048 + 1767139200000 > created_at;
CREATE INDEX entries_ahead ON entries (tenant_id, created_at)
 WHERE sale_id IS NULL AND id / 2048 + 1767139200000 > created_at;
