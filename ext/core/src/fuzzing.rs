//! The entry points of the fuzz targets in `fuzz/`, and the invariants for any input. The seeds of the targets run with
//! the other tests.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::Value;

use crate::answer::verdict::{judge, Received};
use crate::answer::{retry_after, Completion, Failure, Reason, Scope};
use crate::http::Progress;
use crate::json::constants;
use crate::money::Cost;
use crate::request::{App, Candidate, Endpoint, Params, Request};

/// The invariants are asserted.
pub type Target = fn(&[u8]);

/// By the names of their folders of seeds.
pub const TARGETS: [(&str, Target); 3] = [("answer", answer), ("failure", failure), ("retry_after", retry_after)];

const KEY: &str = "sk-or-v1-0123456789abcdef";
const PROMPT: &str = "My social security number is 078-05-1120, please help";
const MAX_MESSAGE_CHARS: usize = 310;
/// From this many bytes on, a text is not found again by chance.
const MIN_UNIQUE_BYTES: usize = 24;

/// The body of a 200.
pub fn answer(body: &[u8]) {
    judged(200, body);
}

/// A status and a line break, then the body.
pub fn failure(answer: &[u8]) {
    let Some(end) = answer.iter().position(|byte| *byte == b'\n') else { return };
    let (status, body) = answer.split_at(end);
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok());
    if let Some(status) = status.filter(|status| (200..600).contains(status)) {
        judged(status, body.get(1..).unwrap_or_default());
    }
}

/// The value of a header.
pub fn retry_after(value: &[u8]) {
    let Ok(value) = std::str::from_utf8(value) else { return };
    for now in [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)] {
        check_wait(retry_after::parse(value, now));
    }
}

fn judged(status: u16, body: &[u8]) {
    match verdict(status, body.to_vec()) {
        Some(Ok(completion)) => check_completion(status, &completion),
        Some(Err(failure)) => check_failure(&failure, &serde_json::from_slice(body).unwrap_or_default()),
        None => {}
    }
}

/// The judgement of a body with this status, also for the benches.
pub fn verdict(status: u16, body: Vec<u8>) -> Option<Result<Completion, Failure>> {
    let (candidate, request) = fixture()?;
    let progress = Progress::default();
    progress.begin_sending();
    progress.received_headers(status, None);
    let received = Received { status, retry_after: None, generation_id: None, cached: false, body, whole: true };
    let mut judging = pin!(judge(received, candidate, request));
    loop {
        // It is never blocked, it only yields.
        if let Poll::Ready(judged) = judging.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(judged.map_err(|failure| failure.accounted(progress.was_sent(), &progress)));
        }
    }
}

fn fixture() -> Option<&'static (Candidate, Request)> {
    static FIXTURE: OnceLock<Option<(Candidate, Request)>> = OnceLock::new();
    let make = || {
        let endpoint = Endpoint::new("openrouter", "https://openrouter.ai/api/v1", Some(KEY), &App::default()).ok()?;
        let messages = format!(r#"[{{"role":"user","content":"{PROMPT}"}}]"#);
        let candidate = Candidate::new("a/b", Arc::new(endpoint));
        Some((candidate, Request::new(RawValue::from_string(messages).ok()?, Params::new())))
    };
    FIXTURE.get_or_init(make).as_ref()
}

fn check_completion(status: u16, completion: &Completion) {
    assert!((200..300).contains(&status), "only a success is an answer");
    let Completion { id, generation_id, model, provider, finish_reason, native_finish_reason, .. } = completion;
    for name in [id, generation_id, provider, finish_reason, native_finish_reason].into_iter().flatten().chain([model])
    {
        assert!(!name.contains(KEY) && !name.contains(char::is_control) && name.len() <= MAX_MESSAGE_CHARS, "{name:?}");
    }
    // Ruby knows the constants.
    let json = constants::replaced(completion.body.clone());
    let body = match serde_json::from_str::<Value>(&json) {
        Ok(body) => body,
        // A number that to Ruby is infinite, or a name that serde_json has for itself.
        Err(_) if serde_json::from_str::<IgnoredAny>(&json).is_ok() => return,
        Err(error) => unreachable!("what Ruby is to parse is JSON: {error}"),
    };
    let first = body.get("choices").and_then(|choices| choices.get(0));
    assert!(first.is_some_and(Value::is_object), "Ruby finds the choice where it is");
    check_cost(completion.cost.as_ref(), &body);
}

fn check_failure(failure: &Failure, said: &Value) {
    use Reason::{Connection, CoolingDown, Skipped};
    assert!(!matches!(failure.reason, Connection | CoolingDown | Skipped), "{:?}", failure.reason);
    assert!(failure.cost.is_none() || !failure.uncertain, "what is known to cost something is not uncertain");
    assert_eq!(failure.body.is_some(), failure.scope == Scope::Request);
    check_wait(failure.retry_after);
    check_cost(failure.cost.as_ref(), said);
    let message = &failure.message;
    assert!(!message.is_empty() && message.chars().count() <= MAX_MESSAGE_CHARS, "{message:?}");
    assert!(!message.contains(char::is_control), "{message:?}");
    assert!(!message.contains(PROMPT), "{message}");
    for shown in [Some(message), failure.body.as_ref()].into_iter().flatten() {
        assert!(!shown.contains(KEY), "{shown}");
        assert!(flagged(said).is_none_or(|input| !shown.contains(input)), "{shown}");
    }
}

/// What moderation quotes.
fn flagged(said: &Value) -> Option<&str> {
    let input = said.pointer("/error/metadata/flagged_input")?.as_str()?;
    // Masks can make up any text that holds one.
    (input.len() >= MIN_UNIQUE_BYTES && !input.contains(['[', ']'])).then_some(input)
}

/// Against a parser that knows nothing of money.
fn check_cost(cost: Option<&Cost>, said: &Value) {
    let Some(cost) = cost else { return };
    assert!(*cost >= Cost::default(), "{cost}");
    let usage = said.get("usage");
    let stated = usage.and_then(|usage| usage.get("cost")).and_then(Value::as_f64);
    let own_key = usage.and_then(|usage| usage.get("is_byok")).and_then(Value::as_bool).unwrap_or_default();
    if let (Some(stated), false) = (stated.filter(|stated| *stated > 0.0), own_key) {
        let read: f64 = cost.to_string().parse().unwrap_or(f64::NAN);
        assert!((read - stated).abs() <= stated.abs() * 1e-9 + 1e-100, "{cost} is not {stated}");
    }
}

fn check_wait(wait: Option<Duration>) {
    assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(10_000 * 366 * 86_400)), "{wait:?}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_has_to_hold_holds_for_every_seed() {
        for (name, target) in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
            let mut seeds = 0;
            for seed in folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
                let seed = seed.unwrap().path();
                let held = crate::panic::caught(|| target(&std::fs::read(&seed).unwrap()));
                assert!(held.is_ok(), "{}: {}", seed.display(), held.unwrap_err());
                seeds += 1;
            }
            assert!(seeds >= 10, "{} has {seeds} seeds", folder.display());
        }
    }
}
