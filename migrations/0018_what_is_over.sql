-- What is over is found without a look at all that was kept, and deleted.

CREATE INDEX outbox_codes ON outbox (tenant_id, expires_at) WHERE kind = 'code';
CREATE INDEX client_tokens_revoked ON client_tokens (tenant_id, revoked_at) WHERE revoked_at IS NOT NULL;
