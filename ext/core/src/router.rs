//! The loop: gate, attempt, charge, hop; next, stop or return.

use std::time::{Duration, Instant};

use crate::{Candidate, Completion, Ended, Failure, Hop, Next, Step, Walk};

/// What only the caller of a walk can do. An error from any of these ends the walk at once.
pub trait Host {
    /// What the caller makes of the completion.
    type Answer;
    type Error;

    /// May this candidate be asked? An error says no.
    fn gate(&mut self, candidate: &Candidate) -> Result<(), Self::Error>;

    /// Makes the attempt and waits for it, for at most `limit`.
    fn attempt(&mut self, candidate: &Candidate, limit: Duration) -> Result<Result<Completion, Failure>, Self::Error>;

    /// Charges for the answer and returns it.
    fn answered(&mut self, candidate: &Candidate, completion: Completion) -> Result<Self::Answer, Self::Error>;

    /// Is told of a step that brought no answer, and of who is asked next. Charges what the failed
    /// attempt cost all the same ([`Hop::cost`]).
    fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>) -> Result<(), Self::Error>;
}

/// Why [`run`] came back without an answer.
#[derive(Debug)]
pub enum Stopped<E> {
    /// The walk is over.
    Ended(Ended),
    /// The host wanted no more of it.
    Host(E),
}

impl<E> From<E> for Stopped<E> {
    fn from(error: E) -> Self {
        Self::Host(error)
    }
}

/// Walks the chain until a candidate answers.
///
/// # Errors
/// [`Stopped`]: the walk ended without an answer, or the host stopped it.
pub fn run<H: Host>(walk: &mut Walk<'_>, host: &mut H) -> Result<H::Answer, Stopped<H::Error>> {
    loop {
        let candidate = match walk.next(Instant::now()) {
            Next::Ask(candidate) => candidate,
            Next::Skip(hop) => {
                host.hopped(&hop, walk.upcoming(Instant::now()))?;
                continue;
            }
            Next::End(ended) => return Err(Stopped::Ended(ended)),
        };
        host.gate(candidate)?;
        // The gate may have taken its time, and that counts.
        let asked = Instant::now();
        let Some(limit) = walk.limit(candidate, asked) else { return Err(Stopped::Ended(Ended::DeadlineExceeded)) };
        let outcome = host.attempt(candidate, limit)?;
        match walk.record(candidate, outcome, asked.elapsed()) {
            Step::Answered(completion) => return Ok(host.answered(candidate, completion)?),
            Step::Failed(hop) => host.hopped(&hop, walk.upcoming(Instant::now()))?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::tests::chain;
    use crate::{Cost, Reason, Scope};

    /// Answers from a script, and writes down what it was asked to do.
    #[derive(Default)]
    struct Scripted {
        outcomes: Vec<Result<Completion, Failure>>,
        closed: bool,
        seen: Vec<String>,
    }

    impl Host for Scripted {
        type Answer = String;
        type Error = &'static str;

        fn gate(&mut self, candidate: &Candidate) -> Result<(), Self::Error> {
            self.seen.push(format!("gate {}", candidate.model));
            if self.closed {
                Err("no money")
            } else {
                Ok(())
            }
        }

        fn attempt(&mut self, candidate: &Candidate, _: Duration) -> Result<Result<Completion, Failure>, Self::Error> {
            self.seen.push(format!("attempt {}", candidate.model));
            Ok(self.outcomes.remove(0))
        }

        fn answered(&mut self, candidate: &Candidate, _: Completion) -> Result<String, Self::Error> {
            self.seen.push(format!("charge {}", candidate.model));
            Ok(candidate.model.clone())
        }

        fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>) -> Result<(), Self::Error> {
            let cost = hop.cost().map(ToString::to_string).unwrap_or_default();
            self.seen.push(format!("hop {} {cost} to {:?}", hop.model, next.map(|next| next.model.as_str())));
            Ok(())
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
            usage: crate::Usage::default(),
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
        let order =
            ["gate a/1", "attempt a/1", "hop a/1 0.5 to Some(\"b/2\")", "gate b/2", "attempt b/2", "charge b/2"];
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
        assert_eq!(host.seen, ["gate a/1", "attempt a/1", "hop a/1  to None"]);
    }
}
