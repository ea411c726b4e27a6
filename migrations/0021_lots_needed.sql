-- What is read of a client with many lots: those that are spent first, and the few that make a wallet of their own.

CREATE INDEX lots_spending ON lots (tenant_id, client_id, expires_at, id) WHERE open;
CREATE INDEX lots_wallets ON lots (tenant_id, client_id, kind) WHERE open AND kind IN ('welcome', 'birthday');
