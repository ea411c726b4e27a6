//! The simulated year fails when something never comes, and says what.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::crowd::{Crowd, Patience, within};
use super::process_command;

const IN_TIME: Duration = Duration::from_secs(60);

fn crowd_at(url: &str, folder: &Path) -> Crowd {
    let (url, clock) = (url.to_owned(), folder.join("clock"));
    let nowhere = "http://127.0.0.1:1";
    let command = move || -> Command { process_command(&url, &clock, nowhere, nowhere) };
    Crowd::start(1, folder, command)
}

async fn end_of(crowd: &mut Crowd) -> String {
    within(IN_TIME, "the end of a process", async {
        loop {
            if let Err(ended) = crowd.check() {
                return ended;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_process_that_dies_by_itself_is_seen_with_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens there.
    let mut crowd = crowd_at("postgres://nobody@127.0.0.1:1/nothing", folder.path());
    let ended = end_of(&mut crowd).await;
    assert!(
        ended.starts_with("process 0 ended by itself") && ended.contains("panicked"),
        "{ended}"
    );
}

#[tokio::test]
async fn a_process_does_not_outlive_the_test_that_started_it() {
    let folder = tempfile::tempdir().unwrap();
    // Takes connections and never says a word: the process would wait for it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://nobody@{}/nothing", silent.local_addr().unwrap());
    let mut crowd = crowd_at(&url, folder.path());
    crowd.check().unwrap();
    // As when the test itself is killed.
    crowd.let_go(0);
    let ended = end_of(&mut crowd).await;
    assert!(ended.contains("exit status: 0"), "{ended}");
}

#[test]
fn one_and_the_same_thing_is_not_waited_for_for_ever() {
    let mut patience = Patience::of(Duration::ZERO);
    patience.wait_for("the job of Monday").unwrap();
    patience.wait_for("the job of Tuesday").unwrap();
    let tired = patience.wait_for("the job of Tuesday").unwrap_err();
    assert_eq!(tired, "waited 0ns for the job of Tuesday");
    patience.end();
    patience.wait_for("the job of Tuesday").unwrap();
}

#[tokio::test]
#[should_panic(expected = "waited 1ms for what never comes")]
async fn a_wait_that_nothing_ends_fails_and_says_for_what() {
    within(
        Duration::from_millis(1),
        "what never comes",
        std::future::pending::<()>(),
    )
    .await;
}
