//! How much memory a hostile answer takes, from the socket to the verdict, as the allocator counts it.
//! A crate of its own, for it has an allocator of its own; one test, for all tests share it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy.toml allows these in tests, but does not know their helpers for tests"
)]

mod flood;
mod hostile;

use std::sync::Arc;
use std::time::Duration;

use llm_router_core::{
    attempt, App, Attempt, Candidate, Client, Completion, Endpoint, Failure, Params, Progress, Reason, Request, Trust,
};
use peak_alloc::PeakAlloc;
use serde_json::value::RawValue;

use flood::Flood;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// A quarter of the default of `max_answer_bytes`, for the sake of time: all that grows, grows with it.
const LIMIT: usize = 8 * 1024 * 1024;

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// And whether it may have been billed.
    Bad {
        uncertain: bool,
    },
    Rejected,
    Answered,
}

#[test]
fn no_answer_takes_four_times_its_limit() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::new(&Trust::System, None).unwrap();
    for (name, flood, expected) in hostile::answers(LIMIT) {
        let address = flood.serve_once();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let outcome = runtime.block_on(run_attempt(&client, &format!("http://{address}")));
        let peak = MEMORY.peak_usage() - before;
        println!("{:>6.2} x the limit: {name}", peak as f64 / LIMIT as f64);
        assert_eq!(summary(&outcome), expected, "{name}");
        assert!(peak < 4 * LIMIT, "{name}: {peak} bytes");
        if let Err(failure) = outcome {
            assert!(failure.message.len() < 2_000, "{name}: {}", failure.message);
        }
    }
}

fn summary(outcome: &Result<Completion, Failure>) -> Outcome {
    match outcome {
        Ok(_) => Outcome::Answered,
        Err(Failure { reason: Reason::BadAnswer, uncertain, .. }) => Outcome::Bad { uncertain: *uncertain },
        Err(Failure { reason: Reason::Rejected, .. }) => Outcome::Rejected,
        Err(other) => panic!("{other:?}"),
    }
}

async fn run_attempt(client: &Client, base_url: &str) -> Result<Completion, Failure> {
    let endpoint = Endpoint::new("openrouter", base_url, Some("sk-1"), &App::default()).unwrap();
    let candidate = Candidate::new("a/b", Arc::new(endpoint));
    let messages = RawValue::from_string(r#"[{"role":"user","content":"Hi"}]"#.to_owned()).unwrap();
    let (request, progress) = (Request::new(messages, Params::new()), Progress::default());
    let limit = Duration::from_secs(60);
    let ask = Attempt { candidate: &candidate, request: &request, limit, max_answer_bytes: LIMIT, progress: &progress };
    attempt(client, ask).await
}
