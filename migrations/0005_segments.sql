-- Whom a personal promotion is for: a JSON object; one without it is shown to nobody.

ALTER TABLE promotions ADD COLUMN segment TEXT;
