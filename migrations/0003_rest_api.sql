-- What the Mobile, Client, Partner and Integration APIs stand on. Portable like 0001.

ALTER TABLE tenants ADD COLUMN partner_secret_sealed TEXT;
ALTER TABLE tenants ADD COLUMN telegram_bot_token_sealed TEXT;
-- Without the @.
ALTER TABLE tenants ADD COLUMN telegram_bot_name TEXT;
ALTER TABLE tenants ADD COLUMN logo_url TEXT;
-- True while the shop has an enabled webhook: only then do postings write events.
ALTER TABLE tenants ADD COLUMN has_webhooks BOOLEAN NOT NULL DEFAULT FALSE;

-- YYYY-MM-DD.
ALTER TABLE clients ADD COLUMN birth_date TEXT;
ALTER TABLE clients ADD COLUMN gender TEXT;
ALTER TABLE clients ADD COLUMN telegram_user_id BIGINT;
ALTER TABLE clients ADD COLUMN telegram_username TEXT;
-- Eight characters, given when first needed.
ALTER TABLE clients ADD COLUMN referral_code TEXT;
-- The client whose code was used at enrolment.
ALTER TABLE clients ADD COLUMN invited_by BIGINT;

CREATE UNIQUE INDEX clients_telegram ON clients (tenant_id, telegram_user_id) WHERE telegram_user_id IS NOT NULL;
CREATE UNIQUE INDEX clients_referral_code ON clients (tenant_id, referral_code) WHERE referral_code IS NOT NULL;
CREATE INDEX clients_invited ON clients (tenant_id, invited_by) WHERE invited_by IS NOT NULL;

-- Bearer tokens of clients: `id|secret`, the secret hashed.
CREATE TABLE client_tokens (
    tenant_id  BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    client_id  BIGINT NOT NULL,
    token_hash TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id)
);

CREATE INDEX client_tokens_of_client ON client_tokens (tenant_id, client_id);

-- The newest code of a phone; an older one is forgotten.
CREATE TABLE otp_codes (
    tenant_id  BIGINT NOT NULL,
    phone      TEXT   NOT NULL,
    code_hash  TEXT   NOT NULL,
    attempts   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, phone)
);

-- Codes sent in the last hour, counted per phone and per address.
CREATE TABLE otp_sends (
    tenant_id  BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    phone      TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX otp_sends_phone ON otp_sends (tenant_id, phone, created_at);
CREATE INDEX otp_sends_address ON otp_sends (tenant_id, address, created_at);

-- Messages to clients that wait for a channel. A body that holds a code is sealed and deleted when sent.
CREATE TABLE outbox (
    tenant_id   BIGINT NOT NULL,
    id          BIGINT NOT NULL,
    client_id   BIGINT,
    kind        TEXT   NOT NULL,
    -- Sealed: phone and text.
    body_sealed TEXT,
    due_at      BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX outbox_due ON outbox (tenant_id, due_at);

-- Push tokens (FCM). A token belongs to one client at a time.
CREATE TABLE device_tokens (
    tenant_id  BIGINT NOT NULL,
    token      TEXT   NOT NULL,
    client_id  BIGINT NOT NULL,
    platform   TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, token),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id)
);

CREATE INDEX device_tokens_of_client ON device_tokens (tenant_id, client_id);

CREATE TABLE promotions (
    tenant_id    BIGINT  NOT NULL,
    id           BIGINT  NOT NULL,
    name         TEXT    NOT NULL,
    description  TEXT,
    kind         TEXT    NOT NULL,
    -- JSON objects.
    condition    TEXT,
    reward       TEXT,
    starts_at    BIGINT,
    ends_at      BIGINT,
    personalized BOOLEAN NOT NULL,
    enabled      BOOLEAN NOT NULL,
    created_at   BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- Goods in stock, as 1С or an ERP reports them. Quantities are thousandths.
CREATE TABLE stock_items (
    tenant_id           BIGINT  NOT NULL,
    sku                 TEXT    NOT NULL,
    name                TEXT,
    category_code       TEXT,
    interest_tag        TEXT,
    quantity            BIGINT,
    quantity_on_hand    BIGINT,
    overstock_threshold BIGINT,
    days_without_sale   BIGINT,
    active              BOOLEAN NOT NULL,
    updated_at          BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, sku)
);

-- Webhooks of partners (Standard Webhooks).
CREATE TABLE webhook_endpoints (
    tenant_id       BIGINT  NOT NULL,
    id              BIGINT  NOT NULL,
    url             TEXT    NOT NULL,
    secret_sealed   TEXT    NOT NULL,
    -- JSON list of event types; empty: all.
    events          TEXT    NOT NULL,
    enabled         BOOLEAN NOT NULL,
    disabled_reason TEXT,
    failing_since   BIGINT,
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- What happened, written in the posting it tells of; gone when every delivery of it is made.
CREATE TABLE webhook_events (
    tenant_id  BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    kind       TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    -- False once its deliveries are made.
    fresh      BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX webhook_events_fresh ON webhook_events (tenant_id, id) WHERE fresh;

-- One event on its way to one endpoint.
CREATE TABLE webhook_deliveries (
    tenant_id     BIGINT NOT NULL,
    id            BIGINT NOT NULL,
    endpoint_id   BIGINT NOT NULL,
    event_id      BIGINT NOT NULL,
    status        TEXT   NOT NULL CHECK (status IN ('waiting', 'delivered', 'dead')),
    attempts      BIGINT NOT NULL,
    -- When the next attempt is due; a worker that took it moves this ahead by its lease.
    due_at        BIGINT NOT NULL,
    response_code BIGINT,
    error         TEXT,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, due_at) WHERE status = 'waiting';
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (tenant_id, endpoint_id, id);
