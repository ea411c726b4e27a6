-- What is tried when people sign in, counted over all shops: codes asked for, wrong codes, and sign-ins.

ALTER TABLE otp_sends ADD COLUMN network TEXT;

DROP INDEX otp_sends_address;
CREATE INDEX otp_sends_address ON otp_sends (address, created_at);
CREATE INDEX otp_sends_network ON otp_sends (network, created_at);
CREATE INDEX otp_sends_shop ON otp_sends (tenant_id, created_at);

-- Codes of a phone that were guessed wrong until they died, in a row, and until when it gets no other.
ALTER TABLE otp_codes ADD COLUMN killed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE otp_codes ADD COLUMN paused_until BIGINT;

CREATE INDEX otp_codes_expired ON otp_codes (tenant_id, expires_at);

-- Living codes guessed wrong in the last hour.
CREATE TABLE wrong_codes (
    id         BIGINT NOT NULL PRIMARY KEY,
    -- An IPv4 address or the /64 of an IPv6 one, and its /48.
    address    TEXT   NOT NULL,
    network    TEXT,
    created_at BIGINT NOT NULL
);

CREATE INDEX wrong_codes_address ON wrong_codes (address, created_at);
CREATE INDEX wrong_codes_network ON wrong_codes (network, created_at);
CREATE INDEX wrong_codes_age ON wrong_codes (created_at);

-- Sign-ins of the last day by the hour they were in.
CREATE TABLE sign_ins (
    address TEXT   NOT NULL,
    hour    BIGINT NOT NULL,
    times   BIGINT NOT NULL,
    PRIMARY KEY (address, hour)
);

CREATE INDEX sign_ins_hour ON sign_ins (hour);
