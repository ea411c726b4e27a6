//! One of the processes of the simulated year.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use loyalty::Loyalty;
use loyalty::ledger::{Line, RedemptionRequest, ReturnRequest, SaleRequest};
use loyalty::model::{Bonus, Identifier, Money, RedeemMode};
use loyalty::usecase::{self, Once, Outcome};
use server::channels::{Addresses, Channels};
use server::workers::messages::Messages;
use server::workers::{cleaning, follow_ups, schedule};

use super::shops::{no_reply, register};
use super::{Size, connect};

/// Some days of the year.
const CLEANED_EVERY: Duration = Duration::from_secs(2);

/// A process that runs until it is killed: it sells, and does all the work behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "one of the processes of the simulated year, which starts it"]
async fn process() {
    end_with_whoever_started_it();
    let variable = |name: &str| std::env::var(name).unwrap();
    let (size, clock) = (Size::asked(), PathBuf::from(variable("YEAR_CLOCK")));
    let loyalty = connect(&variable("YEAR_DATABASE"), &clock).await;
    let addresses = Addresses::new(
        Some(&variable("YEAR_TELEGRAM")),
        None,
        Some(&variable("YEAR_SMS")),
    );
    let messages = Messages::worker(loyalty.clone(), Channels::new(addresses.unwrap()).unwrap());
    // A killed neighbour may hold something; the next round finds it.
    let round = || tokio::time::sleep(Duration::from_millis(10));
    let jobs = async {
        loop {
            tell(schedule::run_due(&loyalty).await);
            round().await;
        }
    };
    let sending = async {
        loop {
            tell(messages.do_due().await);
            round().await;
        }
    };
    let following = async {
        loop {
            tell(follow_ups::make_due(&loyalty).await);
            tell(usecase::send_portions(&loyalty).await);
            round().await;
        }
    };
    let till = async {
        let mut number = u64::from(std::process::id()) << 32;
        loop {
            number += 1;
            sell_something(&loyalty, size, number).await;
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    let cleaning = async {
        loop {
            cleaning::clean(&loyalty).await;
            tokio::time::sleep(CLEANED_EVERY).await;
        }
    };
    tokio::join!(jobs, sending, following, till, cleaning);
}

/// Whoever started this holds its standard input open; nobody is left to kill it when that ends.
fn end_with_whoever_started_it() {
    std::thread::spawn(|| {
        let _ended = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
}

/// What fails is done in a later round; the test tells it when no round ever does it.
fn tell<T>(done: Result<T, impl Display>) {
    if let Err(error) = done {
        eprintln!("{error}");
    }
}

/// A purchase, a redemption or a return, as the number says. Refusals are part of life.
async fn sell_something(loyalty: &Loyalty, size: Size, number: u64) {
    let pick = |of: i64, salt: u64| (mixed(number, salt) % of.unsigned_abs()) as i64;
    let shop = 2 + pick(size.shops, 1);
    let client = Identifier::Client(1 + pick(size.clients_of_shop, 2));
    let register = register(loyalty, shop).await;
    let name = format!("{number}");
    let total = 20 + pick(180, 3);
    let line = Line {
        category_code: Some(if total % 3 == 0 { "DAIRY" } else { "BREAD" }.to_owned()),
        line_amount: Some(Money::whole(total)),
        ..Line::default()
    };
    let redeem = Bonus::whole(if total % 4 == 0 { total / 10 } else { 0 });
    if total % 11 == 0 {
        let request = RedemptionRequest {
            amount: Bonus::whole(3),
            total: Money::whole(total),
            external_id: Some(name.clone()),
        };
        let once = Once::unnamed();
        let _refused = usecase::redeem(loyalty, &register, &client, &request, once).await;
    }
    let request = SaleRequest {
        total: Money::whole(total),
        gross: None,
        redeem,
        mode: RedeemMode::PaymentType,
        external_id: Some(name.clone()),
        receipt_number: None,
        cashier_id: None,
        payment_method: None,
        sale_at: None,
        lines: vec![line],
    };
    let words = |_: &_| no_reply();
    let once = Once {
        key: Some(&name),
        body: name.as_bytes(),
        reply: &words,
    };
    let sold = usecase::sell(loyalty, &register, &client, &request, once).await;
    if total % 7 == 0 && matches!(sold, Ok(Outcome::Fresh(_))) {
        let request = ReturnRequest {
            amount: Money::whole(if total % 2 == 0 { total } else { total / 2 }),
            cash_refund: None,
            to_revoke: None,
            shortage_settled: true,
            external_id: format!("return {name}"),
        };
        let once = Once::unnamed();
        let _refused = usecase::return_goods(loyalty, &register, &client, &name, &request, once).await;
    }
}

/// Numbers next to each other become numbers that have nothing in common.
fn mixed(number: u64, salt: u64) -> u64 {
    let mut mixed = number.wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
