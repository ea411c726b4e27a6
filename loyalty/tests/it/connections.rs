//! The database gone and back.

use loyalty::model::{Bonus, Money};
use loyalty::usecase::{self, Once, ReceiptRequest};

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
