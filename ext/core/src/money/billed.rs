//! What a generation costs in total, from the figures of OpenRouter and others.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::money::{Cost, CostError};

/// The figures: `usage` of a completion, and `data` of `GET /generation`, where the cost is called `total_cost`.
#[derive(Default)]
pub(crate) struct BilledAmounts<'j> {
    pub(crate) cost: Option<&'j RawValue>,
    pub(crate) is_byok: Option<bool>,
    /// The upstream's price.
    pub(crate) upstream: Option<&'j RawValue>,
    /// The same in two parts: for the prompt, and for the completion.
    pub(crate) parts: [Option<&'j RawValue>; 2],
}

impl BilledAmounts<'_> {
    /// With the caller's own key (`is_byok`), `cost` is OpenRouter's fee alone and the upstream's price comes on top;
    /// otherwise `cost` includes that price. If the answer does not say whose key it was, a cost of zero is the
    /// upstream's price, if there is one.
    ///
    /// # Errors
    /// [`CostError`]: there is a cost, and it cannot be read.
    pub(crate) fn owed(&self) -> Result<Option<Cost>, CostError> {
        let cost = read(self.cost)?;
        match self.is_byok {
            Some(false) => Ok(cost),
            Some(true) => match (cost.filter(|fee| !fee.is_zero()), self.upstream()?) {
                (Some(fee), Some(upstream)) => fee.plus(upstream).map(Some),
                (fee, upstream) => Ok(fee.or(upstream)),
            },
            None if cost.as_ref().is_some_and(|cost| !cost.is_zero()) => Ok(cost),
            None => Ok(self.upstream().ok().flatten().filter(|upstream| !upstream.is_zero()).or(cost)),
        }
    }

    fn upstream(&self) -> Result<Option<Cost>, CostError> {
        let whole = read(self.upstream)?;
        let [prompt, completion] = self.parts;
        match (whole, read(prompt)?, read(completion)?) {
            (None, Some(prompt), Some(completion)) => prompt.plus(completion).map(Some),
            (whole, ..) => Ok(whole),
        }
    }
}

/// Perplexity's own API has an object in place of the number.
#[derive(Deserialize)]
struct Itemised<'j> {
    #[serde(borrow)]
    total_cost: &'j RawValue,
}

fn read(json: Option<&RawValue>) -> Result<Option<Cost>, CostError> {
    let Some(json) = json.map(RawValue::get) else { return Ok(None) };
    if !json.starts_with('{') {
        return Cost::read(json);
    }
    let Itemised { total_cost } = serde_json::from_str(json).map_err(|_| CostError::NotANumber)?;
    Cost::read(total_cost.get())?.ok_or(CostError::NotANumber).map(Some)
}
