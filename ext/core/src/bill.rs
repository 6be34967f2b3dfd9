//! What an answer says that it costs, good or failed.

use serde::Deserialize;

use crate::answer::{Answer, WireUsage};
use crate::choices::Choice;
use crate::lenient::{self, Object};
use crate::owed::Charges;
use crate::{Cost, CostError, Failure, Usage};

pub(crate) struct Bill {
    /// An error where there is a bill that cannot be read.
    pub(crate) cost: Result<Option<Cost>, CostError>,
    usage: Usage,
    /// Nothing was said, so that no tokens are billed.
    free: bool,
}

impl Bill {
    /// For an answer that came from the gateway's cache.
    pub(crate) fn cached() -> Self {
        Self { cost: Ok(Some(Cost::default())), usage: Usage::default(), free: true }
    }

    fn of(usage: Option<&WireUsage>, said: bool) -> Self {
        let cost = usage.map_or(Ok(None), WireUsage::owed);
        let usage = usage.map(Usage::from).unwrap_or_default();
        Self { cost, usage, free: !said && usage.completion_tokens.unwrap_or_default() == 0 }
    }

    /// What can be told of a body that is otherwise unreadable. `None` where it has no bill.
    pub(crate) fn in_rubble(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Rubble {
            #[serde(default, deserialize_with = "lenient::object")]
            usage: Option<WireUsage>,
        }
        let Object(Rubble { usage }) = serde_json::from_slice::<Object<Rubble>>(body).ok()?;
        usage.map(|usage| Self::of(Some(&usage), false))
    }

    /// Whether something may be owed, and nothing says what.
    fn is_open(&self) -> bool {
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
    /// As [`Charges::owed`].
    pub(crate) fn owed(&self) -> Result<Option<Cost>, CostError> {
        let Self { cost, is_byok, cost_details, .. } = self;
        let details = cost_details.as_ref();
        let charges = Charges {
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
    /// With what the answer says that it costs.
    pub(crate) fn billed(self, bill: Bill) -> Self {
        let uncertain = self.uncertain || bill.is_open();
        Self { uncertain, usage: bill.usage, cost: bill.cost.ok().flatten(), ..self }
    }
}
