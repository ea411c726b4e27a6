-- How many codes a shop sends in an hour; the usual number when it says nothing.

ALTER TABLE tenants ADD COLUMN codes_per_hour BIGINT;
