-- The fiscal number of a receipt without a client, and the number of the cashier who made it: as a sale has them.
ALTER TABLE receipts ADD COLUMN receipt_number TEXT;
ALTER TABLE receipts ADD COLUMN cashier_id BIGINT;
