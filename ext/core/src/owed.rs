//! What a generation costs in all, from the figures that OpenRouter gives.

use serde_json::value::RawValue;

use crate::{Cost, CostError};

/// With a key of one's own (`is_byok`), the `cost` is OpenRouter's fee alone and the upstream's price
/// comes on top; on other calls that price is in `cost` already. (`usage` of a completion, and `data`
/// of `GET /generation`, where the fee is called `total_cost`.)
///
/// # Errors
/// [`CostError::TooLarge`].
pub(crate) fn owed(
    cost: Option<&RawValue>,
    is_byok: Option<bool>,
    upstream: Option<&RawValue>,
) -> Result<Option<Cost>, CostError> {
    let fee = read(cost)?;
    if is_byok != Some(true) {
        return Ok(fee);
    }
    // Then a fee of nothing tells nothing: what the upstream took is not known.
    let fee = fee.filter(|fee| !fee.is_zero());
    match (fee, read(upstream)?) {
        (Some(fee), Some(upstream)) => fee.plus(upstream).map(Some),
        (fee, upstream) => Ok(fee.or(upstream)),
    }
}

/// What is no amount is taken as absent, for the answer has been paid for and somebody waits for it;
/// the caller is told that there was no cost. Only a number made to do harm spoils it.
fn read(json: Option<&RawValue>) -> Result<Option<Cost>, CostError> {
    match json.map(|json| Cost::read(json.get())) {
        Some(Err(CostError::NotANumber | CostError::Negative)) | None => Ok(None),
        Some(read) => read,
    }
}

#[cfg(test)]
mod tests {
    use crate::answer::WireUsage;

    fn owed(usage: &str) -> Option<String> {
        let usage: WireUsage = serde_json::from_str(usage).unwrap();
        usage.owed().unwrap().map(|cost| cost.to_string())
    }

    #[test]
    fn the_upstream_price_is_added_for_ones_own_key_only() {
        let details = r#""cost_details":{"upstream_inference_cost":0.0019}"#;
        assert_eq!(owed(&format!(r#"{{"cost":0.0001,"is_byok":true,{details}}}"#)).as_deref(), Some("0.0020"));
        assert_eq!(owed(&format!(r#"{{"cost":0.002,"is_byok":false,{details}}}"#)).as_deref(), Some("0.002"));
        assert_eq!(owed(&format!(r#"{{"cost":null,"is_byok":true,{details}}}"#)).as_deref(), Some("0.0019"));
        assert_eq!(owed(r#"{"cost":0,"is_byok":true,"cost_details":null}"#), None);
        assert_eq!(owed(r#"{"cost":0.1,"is_byok":true}"#).as_deref(), Some("0.1"));
        assert_eq!(owed(r#"{"cost":null}"#), None);
        assert_eq!(owed("{}"), None);
    }
}
