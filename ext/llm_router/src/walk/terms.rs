//! The time limits and sizes of a call, as Ruby passes them.

use std::time::{Duration, Instant};

use llm_router_core::health::Policy;
use llm_router_core::{Chain, Retries, Walk};
use magnus::{Error, Ruby};

use crate::values::seconds::duration;
use crate::walk::health;

/// The seconds of an attempt and of the call, the bytes of an answer, and the retries of the last candidate with the
/// seconds that one may wait.
pub(crate) type Limits = (f64, Option<f64>, usize, (u32, f64));

pub(crate) struct Terms {
    timeout: Duration,
    deadline: Option<Duration>,
    pub(crate) max_answer_bytes: usize,
    policy: Policy,
    retries: Retries,
}

impl Terms {
    /// # Errors
    /// An `ArgumentError` for a time that is none.
    pub(crate) fn new(
        ruby: &Ruby,
        (timeout, deadline, max_answer_bytes, (last, max_wait)): Limits,
        policy: (Option<u32>, f64),
    ) -> Result<Self, Error> {
        Ok(Self {
            timeout: duration(ruby, timeout)?,
            deadline: deadline.map(|seconds| duration(ruby, seconds)).transpose()?,
            max_answer_bytes,
            policy: health::policy(ruby, policy)?,
            retries: Retries { last, max_wait: duration(ruby, max_wait)? },
        })
    }

    /// A walk that began at `started`.
    pub(crate) fn walk<'c>(&self, chain: &'c Chain, started: Instant) -> Walk<'c> {
        let deadline = self.deadline.and_then(|deadline| started.checked_add(deadline));
        Walk::new(chain, self.timeout, deadline)
            .with_health(health::of_process(), self.policy)
            .with_retries(self.retries)
    }
}
