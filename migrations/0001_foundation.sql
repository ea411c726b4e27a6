-- Everything a sale stands on. Portable: this text runs unchanged on SQLite and PostgreSQL.
-- Amounts are hundredths, times UTC milliseconds, hashes lower-case hex.

CREATE TABLE installation (
    id              BIGINT NOT NULL PRIMARY KEY,
    key_fingerprint TEXT   NOT NULL
);

-- Which process may use which node number in its ids, and until when.
CREATE TABLE id_nodes (
    node         BIGINT NOT NULL PRIMARY KEY,
    owner        TEXT   NOT NULL,
    leased_until BIGINT NOT NULL
);

CREATE TABLE tenants (
    id                BIGINT NOT NULL PRIMARY KEY,
    code              TEXT   NOT NULL UNIQUE,
    name              TEXT   NOT NULL,
    token_hash        TEXT   NOT NULL UNIQUE,
    token_sealed      TEXT   NOT NULL,
    status            TEXT   NOT NULL CHECK (status IN ('active', 'suspended', 'unpaid')),
    currency          TEXT   NOT NULL,
    bonus_unit        TEXT   NOT NULL,
    zone              TEXT   NOT NULL,
    primary_color     TEXT,
    clients_max       BIGINT,
    programme_version BIGINT NOT NULL,
    clients_count     BIGINT NOT NULL,
    cards_count       BIGINT NOT NULL,
    created_at        BIGINT NOT NULL
);

-- Versions are immutable: a change of the rules is a new row.
CREATE TABLE programmes (
    tenant_id  BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    document   TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, version)
);

CREATE TABLE branches (
    tenant_id BIGINT NOT NULL,
    id        BIGINT NOT NULL,
    name      TEXT   NOT NULL,
    address   TEXT,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE registers (
    tenant_id             BIGINT NOT NULL,
    id                    BIGINT NOT NULL,
    branch_id             BIGINT NOT NULL,
    name                  TEXT   NOT NULL,
    token_hash            TEXT   NOT NULL UNIQUE,
    token_sealed          TEXT   NOT NULL,
    -- Hex of the bytes the register sent first.
    device_id             TEXT,
    device_bound_at       BIGINT,
    device_mismatch_count BIGINT NOT NULL,
    device_mismatch_at    BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branches (tenant_id, id)
);

CREATE TABLE clients (
    tenant_id     BIGINT  NOT NULL,
    -- 1, 2, 3 … per tenant: the number in the EAN-13 and the account number.
    id            BIGINT  NOT NULL,
    phone         TEXT    NOT NULL,
    card_number   BIGINT  NOT NULL,
    full_name     TEXT,
    -- Below zero it is a debt; then the client has no open lots.
    balance       BIGINT  NOT NULL,
    total_spent   BIGINT  NOT NULL,
    sales_count   BIGINT  NOT NULL,
    entry_number  BIGINT  NOT NULL,
    sale_number   BIGINT  NOT NULL,
    -- The newest application-made id in this account.
    last_id       BIGINT  NOT NULL,
    version       BIGINT  NOT NULL,
    is_blocked    BOOLEAN NOT NULL,
    last_visit_at BIGINT,
    enrolled_by   BIGINT,
    created_at    BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX clients_phone ON clients (tenant_id, phone);
CREATE UNIQUE INDEX clients_card ON clients (tenant_id, card_number);

CREATE TABLE lots (
    tenant_id    BIGINT  NOT NULL,
    id           BIGINT  NOT NULL,
    client_id    BIGINT  NOT NULL,
    kind         TEXT    NOT NULL,
    amount       BIGINT  NOT NULL CHECK (amount > 0),
    remaining    BIGINT  NOT NULL CHECK (remaining >= 0 AND remaining <= amount),
    available_at BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    -- True while something remains. A flag of its own: an index on `remaining` would rewrite every change.
    open         BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id)
);

CREATE INDEX lots_open ON lots (tenant_id, client_id, available_at) WHERE open;

-- The history of a client, numbered without gaps, never changed.
CREATE TABLE entries (
    tenant_id     BIGINT NOT NULL,
    client_id     BIGINT NOT NULL,
    number        BIGINT NOT NULL,
    id            BIGINT NOT NULL,
    kind          TEXT   NOT NULL,
    amount        BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    sale_id       BIGINT,
    return_id     BIGINT,
    explanation   TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id, number),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id)
);

-- Which lots an entry opened, spent or filled again.
CREATE TABLE entry_lots (
    tenant_id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    number    BIGINT NOT NULL,
    lot_id    BIGINT NOT NULL,
    amount    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id, number, lot_id)
);

-- Purchases, and redemptions without one.
CREATE TABLE sales (
    tenant_id      BIGINT NOT NULL,
    id             BIGINT NOT NULL,
    client_id      BIGINT NOT NULL,
    number         BIGINT NOT NULL,
    kind           TEXT   NOT NULL CHECK (kind IN ('sale', 'redemption')),
    register_id    BIGINT,
    external_id    TEXT,
    total          BIGINT NOT NULL,
    gross          BIGINT NOT NULL,
    redeemed       BIGINT NOT NULL,
    accrued        BIGINT NOT NULL,
    mode           TEXT   NOT NULL,
    receipt_number TEXT,
    cashier_id     BIGINT,
    payment_method TEXT,
    sale_at        BIGINT NOT NULL,
    lines          TEXT   NOT NULL,
    balance_after  BIGINT NOT NULL,
    -- Its entries are those numbered first + 1 to last.
    entry_first    BIGINT NOT NULL,
    entry_last     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id)
);

CREATE UNIQUE INDEX sales_of_client ON sales (tenant_id, client_id, number);
CREATE UNIQUE INDEX sales_external ON sales (tenant_id, external_id, kind) WHERE external_id IS NOT NULL;

CREATE TABLE returns (
    tenant_id     BIGINT NOT NULL,
    id            BIGINT NOT NULL,
    client_id     BIGINT NOT NULL,
    sale_id       BIGINT NOT NULL,
    register_id   BIGINT,
    external_id   TEXT   NOT NULL,
    amount        BIGINT NOT NULL,
    cash_refund   BIGINT,
    revoked       BIGINT NOT NULL,
    shortage      BIGINT NOT NULL,
    settled       BIGINT NOT NULL,
    restored      BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    entry_first   BIGINT NOT NULL,
    entry_last    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id)
);

CREATE UNIQUE INDEX returns_external ON returns (tenant_id, external_id);
CREATE INDEX returns_of_sale ON returns (tenant_id, sale_id);

-- Purchases without a client, for KPI.
CREATE TABLE receipts (
    tenant_id   BIGINT NOT NULL,
    id          BIGINT NOT NULL,
    register_id BIGINT NOT NULL,
    external_id TEXT,
    total       BIGINT NOT NULL,
    receipt_at  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX receipts_external ON receipts (tenant_id, external_id) WHERE external_id IS NOT NULL;

-- Stored replies, written in the same transaction as the change they answer.
CREATE TABLE idempotency_keys (
    tenant_id  BIGINT NOT NULL,
    scope      TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    body_hash  TEXT   NOT NULL,
    status     BIGINT NOT NULL,
    reply      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, scope, key)
);

CREATE INDEX idempotency_keys_age ON idempotency_keys (tenant_id, created_at);
