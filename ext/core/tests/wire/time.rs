//! The limit of an attempt is wall clock, whatever the server does. The clock is paused: it skips
//! ahead when no task has anything to do, so a limit of half a minute is over at once.

use std::time::Duration;

use llm_router_core::{Reason, Scope};
use tokio::join;
use tokio::time::Instant;

use crate::support::{good_answer, json, Caller, Event, Gateway, Reply, Step};

const LIMIT: Duration = Duration::from_secs(30);

/// Makes the attempt, and holds the clock until the gateway has come as far as `event`.
async fn assert_times_out(reply: Reply, event: Event) {
    let gateway = Gateway::beside(vec![reply]);
    let caller = Caller { limit: LIMIT, ..Caller::of(gateway.address) };
    let started = Instant::now();
    let (outcome, gateway) = join!(caller.attempt(), gateway.hold_clock_until(event));
    let waited = started.elapsed();
    let failure = outcome.unwrap_err();
    assert_eq!((failure.reason, failure.scope), (Reason::Timeout, Scope::Model), "{failure:?}");
    assert_eq!(failure.message, "no whole answer within 30.000 s");
    // tokio's timers are exact to the millisecond.
    assert!((LIMIT..LIMIT + Duration::from_millis(5)).contains(&waited), "{waited:?}");
    assert_eq!(gateway.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_has_until_the_limit() {
    assert_times_out(vec![Step::Stall], Event::Stalled).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stalls_in_the_middle_of_the_headers_has_until_the_limit() {
    assert_times_out(vec![Step::Send("HTTP/1.1 200 OK\r\nContent-Le".into()), Step::Stall], Event::Stalled).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stalls_in_the_middle_of_the_body_has_until_the_limit() {
    let whole = json(good_answer());
    let half = whole[..whole.len() - 20].to_vec();
    assert_times_out(vec![Step::Send(half), Step::Stall], Event::Stalled).await;
}

/// OpenRouter's sign of life: no limit on the pause between two reads would ever be met.
#[tokio::test(start_paused = true)]
async fn a_server_that_drips_newlines_gains_no_time_by_it() {
    let drip = [Step::Send("1\r\n\n\r\n".into()), Step::Pause(Duration::from_secs(1))];
    let mut reply = vec![Step::Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".into())];
    reply.extend(drip.iter().cycle().take(2 * 60).cloned());
    let body = good_answer();
    reply.push(Step::Send(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into()));
    assert_times_out(reply, Event::Sent).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_its_time_but_keeps_the_limit_is_good() {
    let whole = json(good_answer());
    let (head, rest) = whole.split_at(40);
    let reply = vec![Step::Send(head.into()), Step::Pause(LIMIT - Duration::from_secs(5)), Step::Send(rest.into())];
    let gateway = Gateway::beside(vec![reply]);
    let caller = Caller { limit: LIMIT, ..Caller::of(gateway.address) };
    let (outcome, _gateway) = join!(caller.attempt(), gateway.hold_clock_until(Event::Sent));
    assert_eq!(outcome.unwrap().content(), Some("Hello"));
}
