-- Which shop is the demo: told by a mark that `provision-demo` alone sets, not by a name that somebody else may bear.

ALTER TABLE tenants ADD COLUMN is_demo BOOLEAN NOT NULL DEFAULT FALSE;

-- Until now nothing but `provision-demo` made shops.
UPDATE tenants SET is_demo = TRUE WHERE code = 'demo';

CREATE UNIQUE INDEX tenants_demo ON tenants (is_demo) WHERE is_demo;
