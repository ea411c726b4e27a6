-- How many messages in a row a channel has refused because it does not know the address as one of the shop's: a wrong
-- key does that to everybody.

ALTER TABLE channels ADD COLUMN refused_in_a_row BIGINT NOT NULL DEFAULT 0;
