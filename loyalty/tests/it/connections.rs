//! The database gone and back.

use loyalty::model::{Bonus, Money};

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
