-- Follow-ups that this program can't read wait aside, so that nobody waits for them: they may be a newer program's.

ALTER TABLE follow_ups ADD COLUMN set_aside BOOLEAN NOT NULL DEFAULT FALSE;
