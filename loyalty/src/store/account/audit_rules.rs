//! Every invariant of the ledger as a query that finds what breaks it: rows of `client_id` and `found`.
//!
//! `$1` is the shop; a page is what is numbered above `$2`, up to `$3`. Each query groups its page once, and looks up
//! what lies elsewhere by a key: nothing is read twice, however large the shop.

/// One rule.
pub(in crate::store) struct Check {
    pub rule: &'static str,
    pub over: Over,
    pub sql: Sql,
}

/// What is paged through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::store) enum Over {
    /// Clients by their numbers, with what is theirs.
    Clients,
    /// Lots by their ids.
    Lots,
    /// Returns by their ids.
    Returns,
    /// The shop as a whole: no page.
    Shop,
}

/// A text for both engines, or one for each.
pub(in crate::store) enum Sql {
    Same(&'static str),
    ByEngine(&'static str, &'static str),
}

const fn clients(rule: &'static str, sql: &'static str) -> Check {
    Check {
        rule,
        over: Over::Clients,
        sql: Sql::Same(sql),
    }
}

const fn returns(rule: &'static str, sql: &'static str) -> Check {
    Check {
        rule,
        over: Over::Returns,
        sql: Sql::Same(sql),
    }
}

/// Clients of the page beside what was grouped of theirs.
macro_rules! clients_beside {
    ($found:literal, $grouped:expr, $is_wrong:literal) => {
        concat!(
            "SELECT c.id AS client_id, ",
            $found,
            " AS found FROM clients AS c LEFT JOIN (",
            $grouped,
            ") AS g ON g.client_id = c.id
              WHERE c.tenant_id = $1 AND c.id > $2 AND c.id <= $3 AND ",
            $is_wrong
        )
    };
}

/// What a purchase came to after its returns.
macro_rules! left_of_sale {
    () => {
        "s.total - COALESCE((SELECT SUM(r.amount) FROM returns AS r WHERE r.tenant_id = $1 AND r.sale_id = s.id), 0)"
    };
}

/// Returns of the page with their sale, and the redemption or sale beside it that is the same order.
macro_rules! orders {
    () => {
        " FROM returns AS r
          JOIN sales AS s ON s.tenant_id = $1 AND s.id = r.sale_id
          LEFT JOIN sales AS o ON o.tenant_id = $1 AND o.external_id = s.external_id AND o.kind <> s.kind
                             AND o.client_id = s.client_id"
    };
}

/// What an order took from the lot that `$lot` names.
macro_rules! spent_of_lot {
    ($lot:literal) => {
        concat!(
            "COALESCE((SELECT SUM(-t.amount) FROM entry_lots AS t WHERE t.tenant_id = $1 AND t.client_id = s.client_id
                          AND t.number > s.entry_first AND t.number <= s.entry_last AND t.amount < 0 AND t.lot_id = ",
            $lot,
            "), 0) + COALESCE((SELECT SUM(-t.amount) FROM entry_lots AS t WHERE t.tenant_id = $1 AND t.client_id = o.client_id
                          AND t.number > o.entry_first AND t.number <= o.entry_last AND t.amount < 0 AND t.lot_id = ",
            $lot,
            "), 0)"
        )
    };
}

/// What a use of a promotion is counted against: entries that name it. A promotion is believed for some seconds after it
/// was changed, so what was applied within a minute of that may be counted or not.
macro_rules! counted_uses {
    ($limit:literal) => {
        concat!(
            "COUNT(*) AS applied,
             SUM(CASE WHEN p.limits LIKE '%\"",
            $limit,
            "\":%' AND e.created_at > p.updated_at + 60000 THEN 1 ELSE 0 END) AS counted"
        )
    };
}

pub(in crate::store) const CHECKS: &[Check] = &[
    clients(
        "the balance is the sum of the entries",
        clients_beside!(
            "'balance ' || c.balance || ', entries ' || COALESCE(g.amount, 0)",
            "SELECT client_id, SUM(amount) AS amount FROM entries
              WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 GROUP BY client_id",
            "c.balance <> COALESCE(g.amount, 0)"
        ),
    ),
    clients(
        "the balance is the sum of the open lots, or a debt without any",
        clients_beside!(
            "'balance ' || c.balance || ', open lots ' || COALESCE(g.remaining, 0)",
            "SELECT client_id, SUM(remaining) AS remaining FROM lots
              WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 AND open GROUP BY client_id",
            "COALESCE(g.remaining, 0) <> CASE WHEN c.balance > 0 THEN c.balance ELSE 0 END"
        ),
    ),
    Check {
        rule: "a lot is between nothing and its amount, and open while something remains",
        over: Over::Lots,
        sql: Sql::Same(
            "SELECT client_id, 'lot ' || id || ': ' || remaining || ' of ' || amount AS found FROM lots
              WHERE tenant_id = $1 AND id > $2 AND id <= $3
                AND (remaining < 0 OR remaining > amount OR open <> (remaining > 0))",
        ),
    },
    clients(
        "a lot holds what its entries gave and took",
        "SELECT t.client_id, 'lot ' || t.lot_id || ': entries ' || t.held AS found
           FROM (SELECT client_id, lot_id, SUM(amount) AS held FROM entry_lots
                  WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 GROUP BY client_id, lot_id) AS t
          WHERE t.held <> COALESCE((SELECT l.remaining FROM lots AS l
                 WHERE l.tenant_id = $1 AND l.id = t.lot_id AND l.client_id = t.client_id), -1)",
    ),
    // With the one before: a lot of which no entry tells is empty.
    clients(
        "a lot holds what its entries gave and took",
        clients_beside!(
            "'open lots without entries, entries ' || COALESCE(g.held, 0)",
            "SELECT client_id, SUM(amount) AS held FROM entry_lots
              WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 GROUP BY client_id",
            "COALESCE(g.held, 0) <> COALESCE((SELECT SUM(l.remaining) FROM lots AS l
                     WHERE l.tenant_id = $1 AND l.client_id = c.id AND l.open), 0)"
        ),
    ),
    clients(
        "an entry moves lots by what it moves the balance above nothing",
        "SELECT e.client_id, 'entry ' || e.number || ': ' || e.amount || ' to ' || e.balance_after || ', lots '
                || COALESCE(t.moved, 0) AS found
           FROM entries AS e
           LEFT JOIN (SELECT client_id, number, SUM(amount) AS moved FROM entry_lots
                       WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 GROUP BY client_id, number) AS t
             ON t.client_id = e.client_id AND t.number = e.number
          WHERE e.tenant_id = $1 AND e.client_id > $2 AND e.client_id <= $3
            AND COALESCE(t.moved, 0) <> CASE WHEN e.balance_after > 0 THEN e.balance_after ELSE 0 END
                                      - CASE WHEN e.balance_after > e.amount THEN e.balance_after - e.amount ELSE 0 END",
    ),
    clients(
        "the newest entry carries the balance",
        "SELECT c.id AS client_id, 'balance ' || c.balance || ', newest entry ' || COALESCE(e.balance_after, 0) AS found
           FROM clients AS c
           LEFT JOIN entries AS e ON e.tenant_id = $1 AND e.client_id = c.id AND e.number = c.entry_number
          WHERE c.tenant_id = $1 AND c.id > $2 AND c.id <= $3 AND COALESCE(e.balance_after, 0) <> c.balance",
    ),
    clients(
        "entries are numbered without gaps",
        clients_beside!(
            "'numbered to ' || c.entry_number || ', there are ' || COALESCE(g.entries, 0)",
            "SELECT client_id, COUNT(*) AS entries, MAX(number) AS newest FROM entries
              WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 GROUP BY client_id",
            "(COALESCE(g.entries, 0) <> c.entry_number OR COALESCE(g.newest, 0) <> c.entry_number)"
        ),
    ),
    clients(
        "each entry continues the balance before it",
        "SELECT client_id, 'entry ' || number || ': ' || balance_after AS found
           FROM (SELECT client_id, number, amount, balance_after,
                        LAG(balance_after) OVER (PARTITION BY client_id ORDER BY number) AS before
                   FROM entries WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3) AS e
          WHERE balance_after <> COALESCE(before, 0) + amount",
    ),
    clients(
        "sales are numbered without gaps",
        clients_beside!(
            "'numbered to ' || c.sale_number || ', there are ' || COALESCE(g.sales, 0)",
            "SELECT client_id, COUNT(*) AS sales, MAX(number) AS newest FROM sales
              WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 GROUP BY client_id",
            "(COALESCE(g.sales, 0) <> c.sale_number OR COALESCE(g.newest, 0) <> c.sale_number)"
        ),
    ),
    clients(
        "a sale's figures are those of its entries",
        "SELECT s.client_id, 'sale ' || s.id || ': redeemed ' || s.redeemed || ', accrued ' || s.accrued AS found
           FROM sales AS s
          WHERE s.tenant_id = $1 AND s.client_id > $2 AND s.client_id <= $3
            AND (s.redeemed <> COALESCE((SELECT SUM(-e.amount) FROM entries AS e
                       WHERE e.tenant_id = $1 AND e.client_id = s.client_id AND e.number > s.entry_first
                         AND e.number <= s.entry_last AND e.kind = 'redemption'), 0)
              OR s.accrued <> COALESCE((SELECT SUM(e.amount) FROM entries AS e
                       WHERE e.tenant_id = $1 AND e.client_id = s.client_id AND e.number > s.entry_first
                         AND e.number <= s.entry_last AND e.kind = 'accrual'), 0))",
    ),
    clients(
        "what a client spent is the sum of purchases less returns",
        clients_beside!(
            "'total_spent ' || c.total_spent || ', sales ' || COALESCE(g.spent, 0)",
            concat!(
                "SELECT s.client_id, SUM(",
                left_of_sale!(),
                ") AS spent FROM sales AS s
                  WHERE s.tenant_id = $1 AND s.client_id > $2 AND s.client_id <= $3 AND s.kind = 'sale'
                  GROUP BY s.client_id"
            ),
            "c.total_spent <> COALESCE(g.spent, 0)"
        ),
    ),
    clients(
        "the last twelve months are the purchases after their beginning less returns",
        clients_beside!(
            "'year_spent ' || c.year_spent || ', sales ' || COALESCE(g.spent, 0)",
            concat!(
                "SELECT s.client_id, SUM(CASE WHEN s.created_at > o.year_from THEN ",
                left_of_sale!(),
                " ELSE 0 END) AS spent
                   FROM clients AS o
                   JOIN sales AS s ON s.tenant_id = $1 AND s.client_id = o.id AND s.kind = 'sale'
                  WHERE o.tenant_id = $1 AND o.id > $2 AND o.id <= $3
                  GROUP BY s.client_id"
            ),
            "c.year_spent <> COALESCE(g.spent, 0)"
        ),
    ),
    clients(
        "a client's purchases are counted",
        clients_beside!(
            "'sales_count ' || c.sales_count || ', there are ' || COALESCE(g.purchases, 0)",
            "SELECT client_id, COUNT(*) AS purchases FROM sales
              WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 AND kind = 'sale' GROUP BY client_id",
            "c.sales_count <> COALESCE(g.purchases, 0)"
        ),
    ),
    // Of machines whose clocks disagree the latest may not be the last.
    clients(
        "a client's newest purchase is known",
        clients_beside!(
            "'last_purchase_at ' || COALESCE(c.last_purchase_at, 0) || ', latest ' || COALESCE(g.latest, 0)",
            "SELECT client_id, MAX(created_at) AS latest FROM sales
              WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 AND kind = 'sale' GROUP BY client_id",
            "COALESCE(c.last_purchase_at, 0) <> COALESCE(g.latest, 0)
             AND COALESCE(c.last_purchase_at, 0) <> COALESCE((SELECT s.created_at FROM sales AS s
                     WHERE s.tenant_id = $1 AND s.client_id = c.id AND s.kind = 'sale'
                     ORDER BY s.number DESC LIMIT 1), 0)"
        ),
    ),
    clients(
        "what happens once happened once",
        "SELECT client_id, cause || ': ' || COUNT(*) AS found FROM entries
          WHERE tenant_id = $1 AND client_id > $2 AND client_id <= $3 AND cause IS NOT NULL
          GROUP BY client_id, cause
         HAVING COUNT(*) > 1",
    ),
    Check {
        rule: "nothing is posted twice",
        over: Over::Shop,
        sql: Sql::Same(
            "SELECT MIN(client_id) AS client_id, kind || ' ' || external_id || ': ' || COUNT(*) AS found FROM sales
              WHERE tenant_id = $1 AND external_id IS NOT NULL
              GROUP BY external_id, kind
             HAVING COUNT(*) > 1 LIMIT 1000",
        ),
    },
    returns(
        "the returns of a sale never exceed it",
        "SELECT s.client_id, 'sale ' || s.id || ': ' || s.total AS found
           FROM returns AS r
           JOIN sales AS s ON s.tenant_id = $1 AND s.id = r.sale_id
          WHERE r.tenant_id = $1 AND r.id > $2 AND r.id <= $3
            AND (s.total < (SELECT SUM(b.amount) FROM returns AS b WHERE b.tenant_id = $1 AND b.sale_id = s.id)
              OR s.accrued < (SELECT SUM(b.revoked) FROM returns AS b WHERE b.tenant_id = $1 AND b.sale_id = s.id))",
    ),
    returns(
        "a return is of a sale of its own client",
        "SELECT r.client_id, 'return ' || r.id || ': sale ' || r.sale_id AS found
           FROM returns AS r
           LEFT JOIN sales AS s ON s.tenant_id = $1 AND s.id = r.sale_id
          WHERE r.tenant_id = $1 AND r.id > $2 AND r.id <= $3 AND (s.id IS NULL OR s.client_id <> r.client_id)",
    ),
    returns(
        "no more is restored than was redeemed",
        concat!(
            "SELECT r.client_id, 'return ' || r.id || ': redeemed ' || (s.redeemed + COALESCE(o.redeemed, 0)) AS found",
            orders!(),
            " WHERE r.tenant_id = $1 AND r.id > $2 AND r.id <= $3
                AND (SELECT SUM(b.restored) FROM returns AS b WHERE b.tenant_id = $1 AND b.sale_id = s.id)
                  + COALESCE((SELECT SUM(b.restored) FROM returns AS b WHERE b.tenant_id = $1 AND b.sale_id = o.id), 0)
                  > s.redeemed + COALESCE(o.redeemed, 0)"
        ),
    ),
    Check {
        rule: "a return tells for which lots it restores",
        over: Over::Returns,
        sql: Sql::ByEngine(
            "SELECT r.client_id, 'return ' || r.id || ': ' || r.restored || ' for ' || r.put_back AS found
               FROM returns AS r
              WHERE r.tenant_id = $1 AND r.id > $2 AND r.id <= $3 AND r.put_back IS NOT NULL
                AND r.restored <> COALESCE((SELECT SUM(p.value ->> 1) FROM json_each(r.put_back) AS p), 0)",
            "SELECT r.client_id, 'return ' || r.id || ': ' || r.restored || ' for ' || r.put_back AS found
               FROM returns AS r
              WHERE r.tenant_id = $1 AND r.id > $2 AND r.id <= $3 AND r.put_back IS NOT NULL
                AND r.restored <> COALESCE((SELECT SUM((p.part ->> 1)::BIGINT)
                      FROM json_array_elements(r.put_back::json) AS p (part)), 0)",
        ),
    },
    // A return of older days does not tell.
    Check {
        rule: "a lot gets no more back than the order spent of it",
        over: Over::Returns,
        sql: Sql::ByEngine(
            concat!(
                "SELECT r.client_id, 'return ' || r.id || ': lot ' || (p.value ->> 0) AS found",
                orders!(),
                " JOIN json_each(r.put_back) AS p
                  WHERE r.tenant_id = $1 AND r.id > $2 AND r.id <= $3 AND r.put_back IS NOT NULL
                    AND (SELECT SUM(q.value ->> 1) FROM returns AS b JOIN json_each(b.put_back) AS q
                          WHERE b.tenant_id = $1 AND b.sale_id IN (s.id, COALESCE(o.id, s.id))
                            AND q.value ->> 0 = p.value ->> 0) > ",
                spent_of_lot!("(p.value ->> 0)")
            ),
            concat!(
                "SELECT r.client_id, 'return ' || r.id || ': lot ' || (p.part ->> 0) AS found",
                orders!(),
                " CROSS JOIN LATERAL json_array_elements(r.put_back::json) AS p (part)
                  WHERE r.tenant_id = $1 AND r.id > $2 AND r.id <= $3 AND r.put_back IS NOT NULL
                    AND (SELECT SUM((q.part ->> 1)::BIGINT)
                           FROM returns AS b CROSS JOIN LATERAL json_array_elements(b.put_back::json) AS q (part)
                          WHERE b.tenant_id = $1 AND b.sale_id IN (s.id, COALESCE(o.id, s.id))
                            AND q.part ->> 0 = p.part ->> 0) > ",
                spent_of_lot!("(p.part ->> 0)::BIGINT")
            ),
        ),
    },
    Check {
        rule: "a shop's clients are counted",
        over: Over::Shop,
        sql: Sql::Same(
            "SELECT CAST(0 AS BIGINT) AS client_id, 'clients_count ' || t.clients_count AS found FROM tenants AS t
              WHERE t.id = $1
                AND t.clients_count <> (SELECT COUNT(*) FROM clients AS c WHERE c.tenant_id = $1)",
        ),
    },
    Check {
        rule: "a promotion is used as often as it was applied",
        over: Over::Shop,
        sql: Sql::ByEngine(
            concat!(
                "SELECT 0 AS client_id, 'promotion ' || p.id || ': used ' || p.used || ', applied ' || COALESCE(a.applied, 0)
                        AS found
                   FROM promotions AS p
                   LEFT JOIN (SELECT p.id, ",
                counted_uses!("in_all"),
                " FROM entries AS e
                  JOIN json_each(e.explanation, '$.promotions') AS one
                  JOIN promotions AS p ON p.tenant_id = $1 AND p.id = one.value ->> 'id'
                 WHERE e.tenant_id = $1 AND e.kind = 'accrual' AND e.explanation LIKE '%\"promotions\":[{%'
                   AND EXISTS (SELECT 1 FROM promotions AS f WHERE f.tenant_id = $1
                                  AND (f.used > 0 OR f.limits LIKE '%\"in_all\":%'))
                 GROUP BY p.id) AS a ON a.id = p.id
                WHERE p.tenant_id = $1 AND (p.used > COALESCE(a.applied, 0) OR p.used < COALESCE(a.counted, 0))"
            ),
            concat!(
                "SELECT CAST(0 AS BIGINT) AS client_id,
                        'promotion ' || p.id || ': used ' || p.used || ', applied ' || COALESCE(a.applied, 0) AS found
                   FROM promotions AS p
                   LEFT JOIN (SELECT p.id, ",
                counted_uses!("in_all"),
                " FROM entries AS e
                 CROSS JOIN LATERAL json_array_elements(e.explanation::json -> 'promotions') AS one (part)
                  JOIN promotions AS p ON p.tenant_id = $1 AND p.id = (one.part ->> 'id')::BIGINT
                 WHERE e.tenant_id = $1 AND e.kind = 'accrual' AND e.explanation LIKE '%\"promotions\":[{%'
                   AND EXISTS (SELECT 1 FROM promotions AS f WHERE f.tenant_id = $1
                                  AND (f.used > 0 OR f.limits LIKE '%\"in_all\":%'))
                 GROUP BY p.id) AS a ON a.id = p.id
                WHERE p.tenant_id = $1 AND (p.used > COALESCE(a.applied, 0) OR p.used < COALESCE(a.counted, 0))"
            ),
        ),
    },
    Check {
        rule: "a client had a promotion as often as it was applied",
        over: Over::Clients,
        sql: Sql::ByEngine(
            concat!(
                "SELECT a.client_id, 'promotion ' || a.id || ': applied ' || a.applied AS found
                   FROM (SELECT e.client_id, p.id, ",
                counted_uses!("per_client"),
                " FROM entries AS e
                  JOIN json_each(e.explanation, '$.promotions') AS one
                  JOIN promotions AS p ON p.tenant_id = $1 AND p.id = one.value ->> 'id'
                 WHERE e.tenant_id = $1 AND e.client_id > $2 AND e.client_id <= $3 AND e.kind = 'accrual'
                   AND e.explanation LIKE '%\"promotions\":[{%'
                 GROUP BY e.client_id, p.id) AS a
                WHERE a.counted > COALESCE((SELECT u.times FROM promotion_uses AS u
                       WHERE u.tenant_id = $1 AND u.promotion_id = a.id AND u.client_id = a.client_id), 0)
                   OR a.applied < COALESCE((SELECT u.times FROM promotion_uses AS u
                       WHERE u.tenant_id = $1 AND u.promotion_id = a.id AND u.client_id = a.client_id), 0)"
            ),
            concat!(
                "SELECT a.client_id, 'promotion ' || a.id || ': applied ' || a.applied AS found
                   FROM (SELECT e.client_id, p.id, ",
                counted_uses!("per_client"),
                " FROM entries AS e
                 CROSS JOIN LATERAL json_array_elements(e.explanation::json -> 'promotions') AS one (part)
                  JOIN promotions AS p ON p.tenant_id = $1 AND p.id = (one.part ->> 'id')::BIGINT
                 WHERE e.tenant_id = $1 AND e.client_id > $2 AND e.client_id <= $3 AND e.kind = 'accrual'
                   AND e.explanation LIKE '%\"promotions\":[{%'
                 GROUP BY e.client_id, p.id) AS a
                WHERE a.counted > COALESCE((SELECT u.times FROM promotion_uses AS u
                       WHERE u.tenant_id = $1 AND u.promotion_id = a.id AND u.client_id = a.client_id), 0)
                   OR a.applied < COALESCE((SELECT u.times FROM promotion_uses AS u
                       WHERE u.tenant_id = $1 AND u.promotion_id = a.id AND u.client_id = a.client_id), 0)"
            ),
        ),
    },
];
