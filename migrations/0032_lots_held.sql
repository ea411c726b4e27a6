-- Only lots that are on hold when they are made can be on hold later: in most shops none. The index over all open lots by
-- the end of their hold is one less for each sale to write. Of lots made before this it is not known, and of those that
-- processes of an earlier release still make: they count as held, as far as the end of their hold says so.

ALTER TABLE lots ADD COLUMN held BOOLEAN NOT NULL DEFAULT TRUE;

CREATE INDEX lots_held ON lots (tenant_id, client_id, available_at) WHERE open AND held;
DROP INDEX lots_open;
