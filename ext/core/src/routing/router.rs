//! The loop: gate, attempt, charge, hop; next, stop or return.

use std::time::{Duration, Instant};

use crate::answer::{Completion, Failure};
use crate::health::Notice;
use crate::request::Candidate;
use crate::routing::{Asking, Ended, Hop, Next, Step, Walk};

/// What became of an attempt.
pub type Outcome = Result<Completion, Failure>;

/// What only the caller of a walk can do. An error from any of these ends the walk at once.
pub trait Host {
    /// What the caller makes of the completion.
    type Answer;
    type Error;

    /// May this candidate be asked? An error says that nobody may.
    fn gate(&mut self, asking: Asking<'_>) -> Result<Gate, Self::Error>;

    /// Charges for the answer and returns it. Then tells of what it has changed in the health of who gave it.
    fn answered(
        &mut self,
        candidate: &Candidate,
        completion: Completion,
        notices: &[Notice],
    ) -> Result<Self::Answer, Self::Error>;

    /// Is told of a step that brought no answer, and of who is asked next. Charges what the failed
    /// attempt cost all the same ([`Hop::cost`]). Then tells of what it has changed in the health of who was asked.
    fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>, notices: &[Notice]) -> Result<(), Self::Error>;
}

/// A host that waits for one attempt at a time.
pub trait Waiting: Host {
    /// Makes the attempt and waits for it, for at most `limit`.
    fn attempt(&mut self, candidate: &Candidate, limit: Duration) -> Result<Outcome, Self::Error>;
}

/// What a [`Host`] says before an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// There is not enough money for what this candidate may cost: on to the next. The sentence says
    /// so in the hop.
    TooExpensive(String),
    /// There is not enough now, but there may be when others have given back what they hold.
    NotNow,
}

/// Why [`run`] came back without an answer.
#[derive(Debug)]
pub enum Stopped<E> {
    /// The walk is over.
    Ended(Ended),
    /// The host wanted no more of it.
    Host(E),
    /// The gate said [`Gate::NotNow`]. The walk is where it was, and [`advance`] asks the gate again.
    Held,
}

impl<E> From<E> for Stopped<E> {
    fn from(error: E) -> Self {
        Self::Host(error)
    }
}

/// An attempt that is to be made now.
#[derive(Debug, Clone, Copy)]
pub struct Due<'c> {
    pub candidate: &'c Candidate,
    /// The most that it may take.
    pub limit: Duration,
    since: Instant,
}

/// Walks the chain until a candidate answers.
///
/// # Errors
/// [`Stopped`]: the walk ended without an answer, or the host stopped it.
pub fn run<H: Waiting>(walk: &mut Walk<'_>, host: &mut H) -> Result<H::Answer, Stopped<H::Error>> {
    loop {
        let due = advance(walk, host)?;
        let outcome = host.attempt(due.candidate, due.limit)?;
        if let Some(answer) = conclude(walk, host, due, outcome, Instant::now())? {
            return Ok(answer);
        }
    }
}

/// Goes on to the next attempt, past all who are not to be asked.
///
/// # Errors
/// As [`run`].
pub fn advance<'c, H: Host>(walk: &mut Walk<'c>, host: &mut H) -> Result<Due<'c>, Stopped<H::Error>> {
    loop {
        let asking = match walk.next(Instant::now()) {
            Next::Ask(asking) => asking,
            Next::Skip(hop) => {
                host.hopped(&hop, walk.upcoming(Instant::now()), &[])?;
                continue;
            }
            Next::End(ended) => return Err(Stopped::Ended(ended)),
        };
        let candidate = asking.candidate;
        match host.gate(asking)? {
            Gate::Open => {}
            Gate::TooExpensive(why) => {
                host.hopped(&walk.pass_by(candidate, why), walk.upcoming(Instant::now()), &[])?;
                continue;
            }
            Gate::NotNow => {
                walk.stay();
                return Err(Stopped::Held);
            }
        }
        // The gate may have taken its time, and that counts. It never lengthens the limit, which the gate was told:
        // while this walk probes an endpoint, or since others began to cool down, fewer seem to need their share.
        let since = Instant::now();
        let Some(limit) = walk.limit(candidate, since) else { return Err(Stopped::Ended(Ended::DeadlineExceeded)) };
        return Ok(Due { candidate, limit: limit.min(asking.limit), since });
    }
}

/// Takes what became of an attempt, and when. `None` where the walk goes on.
///
/// # Errors
/// [`Stopped::Host`].
pub fn conclude<H: Host>(
    walk: &mut Walk<'_>,
    host: &mut H,
    due: Due<'_>,
    outcome: Outcome,
    now: Instant,
) -> Result<Option<H::Answer>, Stopped<H::Error>> {
    match walk.record(due.candidate, outcome, now.saturating_duration_since(due.since), now) {
        Step::Answered(completion, notices) => Ok(Some(host.answered(due.candidate, completion, &notices)?)),
        Step::Failed(hop, notices) => {
            host.hopped(&hop, walk.upcoming(now), &notices)?;
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Reason, Scope};
    use crate::health::{Health, Policy};
    use crate::money::Cost;
    use crate::routing::chain::tests::chain;

    /// Answers from a script, and writes down what it was asked to do.
    #[derive(Default)]
    struct Scripted {
        outcomes: Vec<Result<Completion, Failure>>,
        closed: bool,
        /// Models that the gate has no money for.
        too_expensive: Vec<&'static str>,
        /// The model to which the gate says "not now", and how often.
        not_now: (&'static str, usize),
        /// How long the gate takes.
        slow: Duration,
        seen: Vec<String>,
        /// What the attempts were given.
        limits: Vec<Duration>,
    }

    impl Host for Scripted {
        type Answer = String;
        type Error = &'static str;

        fn gate(&mut self, asking: Asking<'_>) -> Result<Gate, Self::Error> {
            let model = asking.candidate.model.as_str();
            self.seen.push(format!("gate {model}"));
            std::thread::sleep(self.slow);
            if self.not_now.0 == model && self.not_now.1 > 0 {
                self.not_now.1 -= 1;
                Ok(Gate::NotNow)
            } else if self.closed {
                Err("no money")
            } else if self.too_expensive.contains(&model) {
                Ok(Gate::TooExpensive("0.5 USD are left".to_owned()))
            } else {
                Ok(Gate::Open)
            }
        }

        fn answered(&mut self, candidate: &Candidate, _: Completion, _: &[Notice]) -> Result<String, Self::Error> {
            self.seen.push(format!("charge {}", candidate.model));
            Ok(candidate.model.clone())
        }

        fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>, notices: &[Notice]) -> Result<(), Self::Error> {
            let cost = hop.cost().map(ToString::to_string).unwrap_or_default();
            let next = next.map(|next| next.model.as_str());
            self.seen.push(format!("hop {} {} {cost} to {next:?}", hop.model, hop.failure.reason.as_str()));
            self.seen.extend(notices.iter().map(|notice| format!("{notice:?}")));
            Ok(())
        }
    }

    impl Waiting for Scripted {
        fn attempt(&mut self, candidate: &Candidate, limit: Duration) -> Result<Outcome, Self::Error> {
            self.seen.push(format!("attempt {}", candidate.model));
            self.limits.push(limit);
            Ok(self.outcomes.remove(0))
        }
    }

    fn completion() -> Completion {
        Completion {
            id: None,
            generation_id: None,
            model: "m".into(),
            provider: None,
            content: Some("Hi".into()),
            refusal: None,
            reasoning: None,
            finish_reason: None,
            native_finish_reason: None,
            usage: crate::answer::Usage::default(),
            cost: None,
            body: String::new(),
        }
    }

    fn walked(host: &mut Scripted) -> Result<String, Stopped<&'static str>> {
        run(&mut Walk::new(&chain(&["a/1", "b/2"]), Duration::from_secs(1), None), host)
    }

    #[test]
    fn gate_attempt_hop_and_charge_come_in_this_order() {
        let failed =
            Failure { cost: Cost::read("0.5").unwrap(), ..Failure::new(Reason::Unavailable, Scope::Model, "") };
        let mut host = Scripted { outcomes: vec![Err(failed), Ok(completion())], ..Scripted::default() };
        assert_eq!(walked(&mut host).unwrap(), "b/2");
        let order = [
            "gate a/1",
            "attempt a/1",
            "hop a/1 unavailable 0.5 to Some(\"b/2\")",
            "gate b/2",
            "attempt b/2",
            "charge b/2",
        ];
        assert_eq!(host.seen, order);
    }

    #[test]
    fn a_closed_gate_ends_the_walk_before_anything_is_asked() {
        let mut host = Scripted { closed: true, ..Scripted::default() };
        assert!(matches!(walked(&mut host), Err(Stopped::Host("no money"))));
        assert_eq!(host.seen, ["gate a/1"]);
    }

    #[test]
    fn a_rejected_request_is_asked_once() {
        let failed = Failure::new(Reason::Rejected, Scope::Request, "");
        let mut host = Scripted { outcomes: vec![Err(failed)], ..Scripted::default() };
        assert!(matches!(walked(&mut host), Err(Stopped::Ended(Ended::Rejected(_)))));
        assert_eq!(host.seen, ["gate a/1", "attempt a/1", "hop a/1 rejected  to None"]);
    }

    #[test]
    fn who_is_too_expensive_is_not_asked_but_told_of() {
        let mut host = Scripted { outcomes: vec![Ok(completion())], too_expensive: vec!["a/1"], ..Scripted::default() };
        assert_eq!(walked(&mut host).unwrap(), "b/2");
        let order = ["gate a/1", "hop a/1 too_expensive  to Some(\"b/2\")", "gate b/2", "attempt b/2", "charge b/2"];
        assert_eq!(host.seen, order);
    }

    #[test]
    fn a_chain_that_is_too_expensive_is_exhausted() {
        let mut host = Scripted { too_expensive: vec!["a/1", "b/2"], ..Scripted::default() };
        assert!(matches!(walked(&mut host), Err(Stopped::Ended(Ended::Exhausted))));
        assert_eq!(host.seen.last().unwrap(), "hop b/2 too_expensive  to None");
    }

    #[test]
    fn who_is_told_not_now_stays_where_it_is_and_asks_again() {
        let chain = chain(&["a/1", "b/2", "c/3"]);
        let mut walk = Walk::new(&chain, Duration::from_secs(1), None);
        let outcomes = vec![Ok(completion())];
        let mut host = Scripted { outcomes, too_expensive: vec!["a/1"], not_now: ("b/2", 2), ..Scripted::default() };
        assert!(matches!(advance(&mut walk, &mut host), Err(Stopped::Held)));
        assert!(matches!(advance(&mut walk, &mut host), Err(Stopped::Held)));
        assert_eq!(run(&mut walk, &mut host).unwrap(), "b/2");
        let order = [
            "gate a/1",
            "hop a/1 too_expensive  to Some(\"b/2\")",
            "gate b/2",
            "gate b/2",
            "gate b/2",
            "attempt b/2",
            "charge b/2",
        ];
        assert_eq!(host.seen, order);
    }

    #[test]
    fn a_gate_that_takes_all_the_time_leaves_none_for_the_attempt() {
        let deadline = Some(Instant::now() + Duration::from_millis(10));
        let mut host = Scripted { slow: Duration::from_millis(20), ..Scripted::default() };
        let stopped = run(&mut Walk::new(&chain(&["a/1", "b/2"]), Duration::from_secs(1), deadline), &mut host);
        assert!(matches!(stopped, Err(Stopped::Ended(Ended::DeadlineExceeded))));
        assert_eq!(host.seen, ["gate a/1"]);
    }

    #[test]
    fn the_probe_of_an_endpoint_leaves_the_models_behind_it_their_share() {
        let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
        let (health, refused) = (Health::default(), Failure::new(Reason::InsufficientCredits, Scope::Endpoint, ""));
        let policy = Policy { cooldown_after: Some(3), down_after: Duration::from_secs(3600) };
        let long_ago = now - Duration::from_secs(60);
        health.record(&chain.candidates()[0], Some(&refused), Duration::ZERO, policy, long_ago);
        let mut walk = Walk::new(&chain, Duration::from_secs(30), Some(now + Duration::from_secs(6)));
        walk = walk.minding(&health, policy);
        let mut host = Scripted { outcomes: vec![Ok(completion())], ..Scripted::default() };
        run(&mut walk, &mut host).unwrap();
        assert!(host.limits[0] <= Duration::from_secs(2), "{:?}", host.limits);
    }
}
