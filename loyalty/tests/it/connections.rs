//! The database gone and back, or held by somebody else.

use std::time::Duration;

use futures::future::join_all;
use loyalty::model::{Bonus, Money};
use loyalty::usecase::{self, Once, ReceiptRequest};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use tokio::time::timeout;

use crate::shop::{Engine, run, sale};

/// Every connection of the pool is broken; the next sale heals it and is made once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_heal_without_a_second_sale() {
    run(Engine::Postgres, async |shop| {
        let client = shop.client(1);
        let server = std::env::var("BONEX_TEST_POSTGRES_URL").unwrap();
        let outside = sqlx::PgPool::connect(&server).await.unwrap();
        let (_, database) = shop.url.rsplit_once('/').unwrap();
        for round in 0..5 {
            shop.sell(&client, &sale(Money::whole(20), Bonus::ZERO, None))
                .await
                .unwrap();
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
            sqlx::query(sql).bind(database).execute(&outside).await.unwrap();
            let name = format!("order {round}");
            shop.sell(&client, &sale(Money::whole(20), Bonus::whole(1), Some(&name)))
                .await
                .unwrap();
        }
        assert_eq!(shop.card(&client).await.total_spent, Money::whole(200));
    })
    .await;
}

fn is_unavailable(error: &usecase::Error) -> bool {
    matches!(error, usecase::Error::Failure(failure) if failure.is_unavailable())
}

/// Another program writes to the file and does not end: whoever waits is told so after seconds, all of them at once, and
/// nothing is done twice afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_lock_on_the_file_refuses_everybody_at_once() {
    run(Engine::Sqlite, async |shop| {
        let (client, register) = (shop.client(1), shop.register(1).await);
        let sold = sale(Money::whole(20), Bonus::ZERO, Some("before"));
        shop.sell(&client, &sold).await.unwrap();
        let mut foreign = SqliteConnection::connect(&shop.url).await.unwrap();
        foreign.execute("BEGIN IMMEDIATE").await.unwrap();
        let receipt = async |number: usize| {
            let external_id = Some(format!("held {number}"));
            let request = ReceiptRequest {
                total: Money::whole(20),
                external_id,
                receipt_at: None,
                receipt_number: None,
                cashier_id: None,
            };
            let once = Once::unnamed();
            usecase::record_receipt(&shop.loyalty, &register, &request, once)
                .await
                .map(drop)
        };
        let sell = async |number: usize| {
            let (client, name) = (shop.client(1 + number % 5), format!("held {number}"));
            let request = sale(Money::whole(20), Bonus::ZERO, Some(&name));
            shop.sell(&client, &request).await.map(drop)
        };
        let (sales, receipts) = ((0..40).map(sell), (0..20).map(receipt));
        let all = async { tokio::join!(join_all(sales), join_all(receipts)) };
        let (sales, receipts) = timeout(Duration::from_secs(20), all)
            .await
            .expect("after seconds");
        for refused in sales.into_iter().chain(receipts) {
            let error = refused.unwrap_err();
            assert!(is_unavailable(&error), "{error}");
        }
        foreign.execute("ROLLBACK").await.unwrap();
        sell(0).await.unwrap();
        receipt(0).await.unwrap();
        assert_eq!(shop.card(&client).await.total_spent, Money::whole(40));
    })
    .await;
}

/// A row that somebody holds and does not let go is waited for by no request for long, and by work of hours gladly.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_not_let_go_refuses_a_request_and_not_the_night_work() {
    run(Engine::Postgres, async |shop| {
        let client = shop.client(1);
        let mut foreign = PgConnection::connect(&shop.url).await.unwrap();
        foreign.execute("BEGIN").await.unwrap();
        foreign
            .execute("LOCK TABLE lots IN ACCESS EXCLUSIVE MODE")
            .await
            .unwrap();
        let checking = {
            let loyalty = shop.loyalty.at_leisure();
            tokio::spawn(async move { usecase::check_ledger(&loyalty).await })
        };
        let request = sale(Money::whole(20), Bonus::whole(1), Some("held"));
        let sold = timeout(Duration::from_secs(15), shop.sell(&client, &request)).await;
        let error = sold.expect("refused in time").unwrap_err();
        assert!(is_unavailable(&error), "{error}");
        assert!(!checking.is_finished());
        foreign.execute("ROLLBACK").await.unwrap();
        assert_eq!(checking.await.unwrap().unwrap(), []);
        shop.sell(&client, &request).await.unwrap();
    })
    .await;
}

crate::on_both_engines! {
    /// A client hangs up at any moment of its request: nobody after it notices.
    async fn a_caller_that_goes_away_leaves_nothing_half_begun(shop: Shop) {
        let register = shop.register(1).await;
        let record = async |loyalty: &loyalty::Loyalty, register: &loyalty::model::Register, name: String| {
            let request = ReceiptRequest { total: Money::whole(20), external_id: Some(name), receipt_number: None, cashier_id: None, receipt_at: None };
            let once = Once::unnamed();
            usecase::record_receipt(loyalty, register, &request, once).await
        };
        for step in 0..200 {
            // A turn of the runtime is some microseconds: sleeping is too coarse to meet a commit in the middle.
            let hanging_up = async {
                for _ in 0..step * 3 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                _ended = record(&shop.loyalty, &register, format!("left {step}")) => {}
                () = hanging_up => {}
            }
            if step % 10 == 0 {
                record(&shop.loyalty, &register, format!("stayed {step}")).await.unwrap();
            }
        }
        let again = record(&shop.loyalty, &register, "stayed 0".to_owned()).await;
        assert!(matches!(again, Err(usecase::Error::DuplicateReceipt)));
    }
}
