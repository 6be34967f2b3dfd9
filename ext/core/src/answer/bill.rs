//! The cost that an answer names, successful or failed.

use serde::Deserialize;

use crate::answer::choices::Choice;
use crate::answer::wire::{Answer, WireUsage};
use crate::answer::{Failure, Usage};
use crate::json::lenient::{self, Object};
use crate::money::billed::BilledAmounts;
use crate::money::{Cost, CostError};

pub(crate) struct Bill {
    /// An error if the cost cannot be read.
    pub(crate) cost: Result<Option<Cost>, CostError>,
    usage: Usage,
    /// No content, so that no tokens are billed.
    free: bool,
}

impl Bill {
    /// Of an answer from the gateway's cache.
    pub(crate) fn cached() -> Self {
        Self { cost: Ok(Some(Cost::default())), usage: Usage::default(), free: true }
    }

    fn of(usage: Option<&WireUsage>, said: bool) -> Self {
        let cost = usage.map_or(Ok(None), WireUsage::owed);
        let usage = usage.map(Usage::from).unwrap_or_default();
        Self { cost, usage, free: !said && usage.completion_tokens.unwrap_or_default() == 0 }
    }

    /// Of an answer that is billed by its prompt.
    pub(crate) fn of_prompt(usage: Option<&WireUsage>) -> Self {
        Self::of(usage, true)
    }

    /// From a body that is otherwise unreadable. `None` if it has no `usage`.
    pub(crate) fn of_malformed(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct UsageOnly {
            #[serde(default, deserialize_with = "lenient::object")]
            usage: Option<WireUsage>,
        }
        let Object(UsageOnly { usage }) = serde_json::from_slice::<Object<UsageOnly>>(body).ok()?;
        usage.map(|usage| Self::of(Some(&usage), false))
    }

    /// Whether it may cost something, and no cost is known.
    fn is_unknown(&self) -> bool {
        match &self.cost {
            Ok(cost) => cost.is_none() && !self.free,
            Err(_) => true,
        }
    }
}

impl Answer<'_> {
    pub(crate) fn bill(&self) -> Bill {
        Bill::of(self.usage.as_ref(), self.choices.first.as_ref().is_some_and(Choice::may_be_billed))
    }
}

impl WireUsage {
    /// # Errors
    /// As [`BilledAmounts::owed`].
    pub(crate) fn owed(&self) -> Result<Option<Cost>, CostError> {
        let Self { cost, is_byok, cost_details, .. } = self;
        let details = cost_details.as_ref();
        let charges = BilledAmounts {
            cost: cost.as_deref(),
            is_byok: *is_byok,
            upstream: details.and_then(|details| details.upstream_inference_cost.as_deref()),
            parts: [
                details.and_then(|details| details.upstream_inference_prompt_cost.as_deref()),
                details.and_then(|details| details.upstream_inference_completions_cost.as_deref()),
            ],
        };
        charges.owed()
    }
}

impl Failure {
    /// Adds the cost that the answer names.
    pub(crate) fn billed(self, bill: Bill) -> Self {
        let uncertain = self.uncertain || bill.is_unknown();
        Self { uncertain, usage: bill.usage, cost: bill.cost.ok().flatten(), ..self }
    }
}

#[cfg(test)]
mod tests;
