use super::*;
use crate::answer::{Failure, Reason, Scope};
use tokio::sync::oneshot;

async fn ended(by: oneshot::Receiver<()>) -> Outcome {
    let _ended = by.await;
    Err(Failure::new(Reason::Timeout, Scope::Model, ""))
}

fn numbers(arrivals: &[Arrival]) -> Vec<usize> {
    arrivals.iter().map(|arrival| arrival.number).collect()
}

#[tokio::test]
async fn all_that_has_arrived_is_collected_at_once() {
    let mut attempts = Attempts::default();
    let ends: Vec<_> = (0..3)
        .map(|number| {
            let (end, by) = oneshot::channel();
            attempts.start(&Handle::current(), number, ended(by));
            end
        })
        .collect();
    assert!(attempts.arrived().is_empty());
    for end in ends.into_iter().rev() {
        end.send(()).unwrap();
        tokio::task::yield_now().await;
    }
    attempts.wait().await;
    assert_eq!(numbers(&attempts.arrived()), [2, 1, 0]);
    assert!(attempts.arrived().is_empty());
}

#[tokio::test]
async fn one_that_panics_arrives_and_says_so() {
    let mut attempts = Attempts::default();
    attempts.start(&Handle::current(), 7, async { panic!("odd") });
    attempts.wait().await;
    let arrivals = attempts.arrived();
    assert_eq!(numbers(&arrivals), [7]);
    assert!(arrivals[0].outcome.as_ref().unwrap_err().to_string().contains("odd"));
}

#[tokio::test]
async fn what_is_abandoned_does_not_arrive_but_what_was_there_before_is_kept() {
    let mut attempts = Attempts::default();
    let (end, by) = oneshot::channel();
    let (_never, other) = oneshot::channel();
    attempts.start(&Handle::current(), 0, ended(by));
    attempts.start(&Handle::current(), 1, ended(other));
    end.send(()).unwrap();
    attempts.wait().await;
    attempts.abandon().await;
    assert_eq!(numbers(&attempts.arrived()), [0]);
    assert_eq!(attempts.tasks.len(), 0);
}
