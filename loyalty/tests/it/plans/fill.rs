//! A database with something in every table that grows, so that planners have figures to go by.

use crate::raw::Raw;
use crate::shop::Shop;

/// Clients of the demo shop, and how many rows each has elsewhere.
const CLIENTS: i64 = 20_000;

/// Rows past all use cases: nothing has to add up, but the ledger does.
pub async fn fill(shop: &Shop, raw: &Raw) {
    use loyalty::Clock;
    let now = shop.clock.now().millis();
    let numbers =
        format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CLIENTS})");
    raw.execute(&format!(
        "{numbers} INSERT INTO clients (tenant_id, id, phone, card_number, balance, total_spent, sales_count, entry_number,
                sale_number, last_id, version, is_blocked, created_at, year_spent, year_from, last_purchase_at,
                birth_month_day, telegram_user_id, invited_by, referral_code)
         SELECT 1, 1000 + i, '+9939' || (10000000 + i), 1000 + i, 100, 5000, 1, 1, 1, 3 * i, 1, FALSE, {now} - i * 60000,
                5000, 0, {now} - i * 60000, 101 + i % 28, 5000 + i, CASE WHEN i % 5 = 0 THEN 1000 + i % 50 END,
                'CODE' || i FROM n"
    ))
    .await;
    for sql in [
        "INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
         SELECT 1, 3 * i, 1000 + i, 'regular', 100, 100, NOW - i * 60000, NOW + i * 60000, TRUE FROM n",
        "INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
         SELECT 1, 3 * i + 1, 1000 + i, 'regular', 100, 0, NOW - i * 60000, NOW + i * 60000, FALSE FROM n",
        "INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, sale_id, explanation, created_at)
         SELECT 1, 1000 + i, 1, 3 * i, 'accrual', 100, 100, 3 * i, '{}', NOW - i * 60000 FROM n",
        "INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount) SELECT 1, 1000 + i, 1, 3 * i, 100 FROM n",
        "INSERT INTO sales (tenant_id, id, client_id, number, kind, register_id, external_id, total, gross, redeemed, accrued,
                mode, sale_at, lines, balance_after, entry_first, entry_last, created_at)
         SELECT 1, 3 * i, 1000 + i, 1, 'sale', 1, 'x' || i, 5000, 5000, 0, 100, 'payment_type', NOW - i * 60000, '[]', 100, 0, 1,
                NOW - i * 60000 FROM n",
        "INSERT INTO returns (tenant_id, id, client_id, sale_id, external_id, amount, revoked, shortage, settled, restored,
                put_back, balance_after, entry_first, entry_last, created_at)
         SELECT 1, 3 * i + 2, 1000 + i, 3 * i, 'r' || i, 0, 0, 0, 0, 0, '[]', 100, 1, 1, NOW - i * 60000 FROM n",
        "INSERT INTO receipts (tenant_id, id, register_id, external_id, total, receipt_at, created_at)
         SELECT 1, i, 1, 'r' || i, 5000, NOW - i * 60000, NOW - i * 60000 FROM n",
        "INSERT INTO idempotency_keys (tenant_id, scope, key, body_hash, status, reply, created_at)
         SELECT 1, 'register 1', 'k' || i, 'h', 201, '{}', NOW - i * 60000 FROM n",
        "INSERT INTO client_tokens (tenant_id, id, client_id, token_hash, created_at)
         SELECT 1, i, 1000 + i, 'h' || i, NOW - i * 60000 FROM n",
        "INSERT INTO otp_sends (tenant_id, id, phone, address, created_at)
         SELECT 1, i, '+9939' || (10000000 + i), '192.0.2.' || i % 250, NOW - i * 60000 FROM n",
        "INSERT INTO otp_codes (tenant_id, phone, code_hash, attempts, expires_at, created_at)
         SELECT 1, '+9939' || (10000000 + i), 'h', 0, NOW, NOW FROM n",
        "INSERT INTO outbox (tenant_id, id, client_id, kind, status, due_at, expires_at, leased_until, attempts, channels,
                created_at)
         SELECT 1, i, 1000 + i, 'sale', CASE WHEN i % 20 = 0 THEN 'waiting' ELSE 'sent' END, NOW, NOW, 0, 0, '', NOW FROM n",
        "INSERT INTO device_tokens (tenant_id, token, client_id, created_at) SELECT 1, 't' || i, 1000 + i, NOW FROM n",
        "INSERT INTO stock_items (tenant_id, sku, quantity, active, updated_at) SELECT 1, 's' || i, 1000, TRUE, NOW FROM n",
        "INSERT INTO webhook_events (tenant_id, id, kind, payload, fresh, created_at)
         SELECT 1, i, 'sale.created', '{}', i % 50 = 0, NOW FROM n",
        "INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, status, attempts, due_at, created_at)
         SELECT 1, i, i % 40, i, CASE WHEN i % 50 = 0 THEN 'waiting' ELSE 'delivered' END, 0, NOW, NOW FROM n",
        "INSERT INTO follow_ups (tenant_id, id, client_id, task, due_at, attempts, done_at, created_at)
         SELECT 1, i, 1000 + i, '{}', NOW, 0, CASE WHEN i % 50 > 0 THEN NOW END, NOW FROM n",
        "INSERT INTO promotion_uses (tenant_id, promotion_id, client_id, times) SELECT 1, 77, 1000 + i, 1 FROM n",
        "INSERT INTO client_interests (tenant_id, client_id, kind, name, times, last_at)
         SELECT 1, 1000 + i, 'sku', 's' || i % 100, 1, NOW - i FROM n",
        "INSERT INTO campaign_members (tenant_id, campaign_id, client_id, held_out, status)
         SELECT 1, 1, 1000 + i, FALSE, CASE WHEN i % 2 = 0 THEN 'waiting' ELSE 'reached' END FROM n",
    ] {
        raw.execute(&format!("{numbers} {}", sql.replace("NOW", &now.to_string()))).await;
    }
    raw.execute(&format!(
        "UPDATE tenants SET clients_count = clients_count + {CLIENTS} WHERE id = 1"
    ))
    .await;
    other_shops(raw, now).await;
    raw.execute("ANALYZE").await;
}

/// Shops that do nothing but exist.
async fn other_shops(raw: &Raw, now: i64) {
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 400)";
    for sql in [
        "INSERT INTO tenants (id, code, name, token_hash, token_sealed, status, currency, bonus_unit, zone, programme_version,
                clients_count, cards_count, created_at)
         SELECT i, 'shop' || i, 'Shop', 'h' || i, '', 'active', 'TJS', '', 'Asia/Dushanbe', 1, 0, 0, NOW FROM n",
        "INSERT INTO programmes (tenant_id, version, document, created_at)
         SELECT i, 1, (SELECT document FROM programmes WHERE tenant_id = 1 ORDER BY version LIMIT 1), NOW FROM n",
        "INSERT INTO branches (tenant_id, id, name) SELECT i, 1, 'Branch' FROM n",
        "INSERT INTO registers (tenant_id, id, branch_id, name, token_hash, token_sealed, device_mismatch_count)
         SELECT i, 1, 1, 'Register', 'h' || i, '', 0 FROM n",
        "INSERT INTO channels (tenant_id, kind, enabled, paused_until, updated_at) SELECT i, 'sms', FALSE, 0, NOW FROM n",
        "INSERT INTO promotions (tenant_id, id, name, kind, personalized, enabled, created_at)
         SELECT i, 1, 'Promotion', 'bonus', FALSE, FALSE, NOW FROM n",
        "INSERT INTO tenant_jobs (tenant_id, job, day, next_at, leased_until, counted)
         SELECT i, 'expiry', '2026-01-01', NOW, 0, 0 FROM n",
        "INSERT INTO tenant_jobs (tenant_id, job, day, next_at, leased_until, counted)
         SELECT i, 'pulse', '2026-01-01', NOW, 0, 0 FROM n",
        "INSERT INTO id_nodes (node, owner, leased_until) SELECT i, 'nobody', 0 FROM n",
    ] {
        raw.execute(&format!("{numbers} {}", sql.replace("NOW", &now.to_string()))).await;
    }
}
