//! The loop, with a host that does nothing: `cargo bench -p llm_router_core --bench walking`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{criterion_group, criterion_main, BatchSize, Criterion};
use llm_router_core::health::{Health, Notice, Policy};
use llm_router_core::{
    run, Acceptance, App, BlockingHost, Candidate, Chain, Completion, Due, Endpoint, Failure, Gate, Hop, Host, Length,
    Outcome, Planned, Reason, Scope, Usage, Walk,
};

/// Is to give these answers, the last of them first.
struct Idle(Vec<Outcome>);

impl Host for Idle {
    type Answer = Completion;
    type Error = &'static str;

    fn gate(&mut self, _: Planned<'_>) -> Result<Gate, Self::Error> {
        Ok(Gate::Proceed)
    }

    fn answered(
        &mut self,
        _: &Candidate,
        completion: Completion,
        _: &[Notice],
    ) -> Result<Acceptance<Completion>, Self::Error> {
        Ok(Acceptance::Accepted(completion))
    }

    fn refused(&mut self, _: &Hop, _: Option<&Candidate>) -> Result<(), Self::Error> {
        Ok(())
    }

    fn hopped(&mut self, _: &Hop, _: Option<&Candidate>, _: &[Notice]) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl BlockingHost for Idle {
    fn attempt(&mut self, _: Due<'_>) -> Result<Outcome, Self::Error> {
        self.0.pop().ok_or("there is no more")
    }
}

fn chain() -> Option<Chain> {
    let endpoint = Endpoint::new("openrouter", "https://openrouter.ai/api/v1", Some("sk-1"), &App::default());
    let endpoint = Arc::new(endpoint.ok()?);
    let candidate = |model: &str| Candidate::new(model, Arc::clone(&endpoint));
    Chain::new(["a/b", "c/d", "e/f"].map(candidate).into()).ok()
}

fn answer() -> Completion {
    Completion { model: "a/b".to_owned(), content: Some("Hi".into()), ..Completion::default() }
}

fn failure() -> Failure {
    Failure {
        reason: Reason::Unavailable,
        scope: Scope::Model,
        status: Some(503),
        retry_after: None,
        message: "no luck".to_owned(),
        repeatable: true,
        length: Length::default(),
        cost: None,
        usage: Usage::default(),
        uncertain: false,
        generation_id: None,
        body: None,
    }
}

fn walks(c: &mut Criterion) {
    let Some(chain) = chain() else { return };
    let policy = Policy { cooldown_after: Some(u32::MAX), down_after: Duration::from_secs(3600) };
    let health = Health::default();
    let mut walk = |name: &str, answers: fn() -> Vec<Result<Completion, Failure>>| {
        let walked = |answers| {
            let deadline = Instant::now() + Duration::from_secs(60);
            let walk = Walk::new(&chain, Duration::from_secs(30), Some(deadline));
            run(&mut walk.with_health(&health, policy), &mut Idle(answers)).is_ok()
        };
        c.bench_function(name, |b| b.iter_batched(answers, walked, BatchSize::SmallInput));
    };
    walk("walking to the first, who answers", || vec![Ok(answer())]);
    walk("walking past two who fail, to the third", || vec![Ok(answer()), Err(failure()), Err(failure())]);
}

criterion_group!(benches, walks);
criterion_main!(benches);
