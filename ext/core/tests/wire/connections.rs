//! Connections between attempts. As in the real product, a runtime on one thread runs the client,
//! and only during an attempt: in between its connections make no progress.

use std::time::Duration;

use llm_router_core::{Completion, Failure, Reason};
use tokio::runtime::{Builder, Runtime};

use crate::support::{good_answer, json, Caller, Event, Gateway, Step};

/// Often enough to meet a race.
const CALLS: usize = 50;

struct Product {
    runtime: Runtime,
    caller: Caller,
}

impl Product {
    fn at(gateway: &Gateway) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime, caller: Caller::of(gateway.address) }
    }

    fn attempt(&self) -> Result<Completion, Failure> {
        self.runtime.block_on(self.caller.attempt())
    }
}

fn good() -> Step {
    Step::Send(json(good_answer()))
}

#[test]
fn attempts_one_after_the_other_share_a_connection() {
    let gateway = Gateway::start(vec![vec![good()]]);
    let product = Product::at(&gateway);
    for _ in 0..10 {
        product.attempt().unwrap();
    }
    assert_eq!((gateway.requests().len(), gateway.connections()), (10, 1));
}

#[test]
fn an_error_that_was_read_to_its_end_leaves_the_connection_usable() {
    let busy = crate::support::answer("503 Service Unavailable", "", "<html>Busy</html>");
    let gateway = Gateway::start(vec![vec![Step::Send(busy)], vec![good()]]);
    let product = Product::at(&gateway);
    assert_eq!(product.attempt().unwrap_err().reason, Reason::Unavailable);
    product.attempt().unwrap();
    assert_eq!(gateway.connections(), 1);
}

/// The server ends each connection when it has gone idle; every attempt succeeds all the same.
fn outlives(end: Step) {
    let gateway = Gateway::start(vec![vec![good(), Step::Cue, end]]);
    let product = Product::at(&gateway);
    for attempt in 1..=CALLS {
        product.attempt().unwrap_or_else(|failure| panic!("attempt {attempt}: {failure:?}"));
        gateway.cue();
        gateway.wait_for(Event::Closed);
    }
    assert_eq!((gateway.requests().len(), gateway.connections()), (CALLS, CALLS));
}

#[test]
fn a_connection_that_the_server_closed_in_between_is_replaced() {
    outlives(Step::Close);
}

#[test]
fn a_connection_that_the_server_reset_in_between_is_replaced() {
    outlives(Step::Reset);
}

#[test]
fn a_connection_that_the_server_closed_right_behind_its_answer_is_replaced() {
    let gateway = Gateway::start(vec![vec![good(), Step::Close]]);
    let product = Product::at(&gateway);
    for attempt in 1..=CALLS {
        product.attempt().unwrap_or_else(|failure| panic!("attempt {attempt}: {failure:?}"));
        gateway.wait_for(Event::Closed);
    }
    assert_eq!(gateway.requests().len(), CALLS);
}

#[test]
fn a_request_that_was_sent_on_a_kept_connection_is_not_sent_again() {
    for end in [Step::Close, Step::Reset] {
        let gateway = Gateway::start(vec![vec![good()], vec![end], vec![good()]]);
        let product = Product::at(&gateway);
        product.attempt().unwrap();
        assert_eq!(product.attempt().unwrap_err().reason, Reason::Connection);
        assert_eq!((gateway.requests().len(), gateway.connections()), (2, 1));
    }
}

#[test]
fn an_attempt_that_timed_out_closes_its_connection() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\n";
    for begun in [vec![], vec![Step::Send(head.into())]] {
        let gateway = Gateway::start(vec![[begun, vec![Step::Stall]].concat(), vec![good()]]);
        let mut product = Product::at(&gateway);
        product.caller.limit = Duration::from_secs(1);
        assert_eq!(product.attempt().unwrap_err().reason, Reason::Timeout);
        gateway.wait_for(Event::Closed);
        product.caller.limit = Duration::from_secs(60);
        product.attempt().unwrap();
        assert_eq!(gateway.connections(), 2);
    }
}

#[test]
fn an_answer_that_was_too_large_closes_its_connection() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n";
    let gateway = Gateway::start(vec![vec![Step::Send(format!("{head}{:2000}", "").into()), Step::Stall]]);
    let mut product = Product::at(&gateway);
    product.caller.max_answer_bytes = 1000;
    assert_eq!(product.attempt().unwrap_err().reason, Reason::BadAnswer);
    gateway.wait_for(Event::Closed);
}
