-- What a client brought back is not what a client buys.

-- Parts of those receipts that came back, in ten-thousandths of one.
ALTER TABLE client_interests ADD COLUMN returned BIGINT NOT NULL DEFAULT 0;
-- Up to which return interests are lowered.
ALTER TABLE interest_cursors ADD COLUMN return_id BIGINT NOT NULL DEFAULT 0;
