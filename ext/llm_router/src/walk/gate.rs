//! What the gate of a `LlmRouter::Call` takes, and what it decides.

use llm_router_core::{Candidate, Cost, Gate, MaxPrice, Planned, Request};
use magnus::{value::ReprValue, Error, RArray, RObject, Ruby, Symbol, TryConvert, Value};

use crate::values::errors;

/// The members of `LlmRouter::Bounds`.
type Bounds = (Option<u64>, Option<u64>, Option<u64>, Option<String>, bool);

pub(crate) fn bounds(request: &Request, candidate: &Candidate) -> Bounds {
    let bounds = request.bounds(candidate);
    (bounds.prompt_tokens, bounds.completion_tokens, bounds.choices, bounds.tier, bounds.extras)
}

/// A prompt of fewer bytes fits into the window of any model of today.
const SMALLEST_PROMPT: u64 = 4 * 1024;
/// A prompt of more bytes is worth a look-up of the window, even if the budget needs no price.
const LARGE_PROMPT: u64 = 32 * 1024;

/// Whether the prompt does surely not fit into the candidate's window, which the chain says, or which is looked up.
pub(crate) fn too_long(call: RObject, planned: Planned<'_>, request: &Request) -> Result<Option<Gate>, Error> {
    let candidate = planned.candidate;
    let window = match (candidate.context, request.most_characters(candidate)) {
        (None, ..SMALLEST_PROMPT) => None,
        (None, size) => call.funcall("window", (planned.position, size >= LARGE_PROMPT))?,
        (context, _) => context,
    };
    let Some(window) = window else { return Ok(None) };
    Ok(request.exceeds(candidate, window).map(|tokens| Gate::TooLong { tokens, window }))
}

/// The decision, and the rates that an attempt must not exceed, if any. See `LlmRouter::Gate`.
pub(crate) fn pass(
    ruby: &Ruby,
    call: RObject,
    planned: Planned<'_>,
    bounds: Option<Bounds>,
) -> Result<(Gate, Option<MaxPrice>), Error> {
    let (decision, detail): (Symbol, Value) =
        call.funcall("gate", (planned.position, (planned.delay + planned.limit).as_secs_f64(), bounds))?;
    match decision.name()?.as_ref() {
        "proceed" => {
            let rates: Option<RArray> = TryConvert::try_convert(detail)?;
            Ok((Gate::Proceed, rates.map(|rates| max_price(ruby, rates)).transpose()?))
        }
        "later" => Ok((Gate::Later, None)),
        "saving" => Ok((Gate::Saving(String::try_convert(detail)?), None)),
        _ => Ok((Gate::TooExpensive(String::try_convert(detail)?), None)),
    }
}

/// From the rates of a `LlmRouter::Price`, as decimal text.
fn max_price(ruby: &Ruby, rates: RArray) -> Result<MaxPrice, Error> {
    let cost = |usd: String| match Cost::read(&usd) {
        Ok(Some(cost)) => Ok(cost),
        _ => Err(errors::internal(ruby, format!("{usd} is no price"))),
    };
    let (prompt, completion, request, image) = TryConvert::try_convert(rates.as_value())?;
    let image: Option<String> = image;
    Ok(MaxPrice {
        prompt: cost(prompt)?,
        completion: cost(completion)?,
        request: cost(request)?,
        image: image.map(cost).transpose()?,
    })
}
