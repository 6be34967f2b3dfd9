//! The answer, once it is one: what was said, by whom, and what it cost.

use crate::answer::{Answer, WireUsage};
use crate::{Cost, CostError};

/// A model's answer.
#[derive(Debug, Clone)]
pub struct Completion {
    /// The completion's id, as the endpoint gave it.
    pub id: Option<String>,
    /// The id that `GET /generation` knows, from the `X-Generation-Id` header or else `id`.
    pub generation_id: Option<String>,
    /// The model that was billed; it may differ from the one asked for.
    pub model: String,
    /// Who ran the model, where the gateway says so.
    pub provider: Option<String>,
    pub content: Option<String>,
    pub refusal: Option<String>,
    pub reasoning: Option<String>,
    pub finish_reason: Option<String>,
    pub native_finish_reason: Option<String>,
    pub usage: Usage,
    /// `None` where the answer has no cost.
    pub cost: Option<Cost>,
    /// The whole answer as it came, for whoever wants a field that is not here.
    pub body: String,
}

/// Tokens, as the endpoint counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    pub total_tokens: Option<u64>,
}

impl From<&WireUsage> for Usage {
    fn from(wire: &WireUsage) -> Self {
        Self {
            prompt_tokens: wire.prompt_tokens,
            completion_tokens: wire.completion_tokens,
            total_tokens: wire.total_tokens,
        }
    }
}

impl WireUsage {
    /// What is owed in all. With a key of one's own (`is_byok`), `cost` is OpenRouter's fee alone
    /// and the upstream's price comes on top; on other calls that price is in `cost` already.
    ///
    /// # Errors
    /// [`CostError::TooLong`].
    pub(crate) fn owed(&self) -> Result<Option<Cost>, CostError> {
        // What is no amount is taken as absent, for the answer has been paid for and somebody waits for
        // it; the caller is told that there was no cost. Only a number made to do harm spoils it.
        let read =
            |json: &Option<Box<serde_json::value::RawValue>>| match json.as_ref().map(|json| Cost::read(json.get())) {
                Some(Err(CostError::NotANumber | CostError::Negative)) | None => Ok(None),
                Some(read) => read,
            };
        let fee = read(&self.cost)?;
        if self.is_byok != Some(true) {
            return Ok(fee);
        }
        // Then a fee of nothing tells nothing: what the upstream took is not known.
        let fee = fee.filter(|fee| !fee.is_zero());
        let upstream = match &self.cost_details {
            Some(details) => read(&details.upstream_inference_cost)?,
            None => None,
        };
        Ok(match (fee, upstream) {
            (Some(fee), Some(upstream)) => Some(fee + upstream),
            (fee, upstream) => fee.or(upstream),
        })
    }
}

impl Answer {
    /// What is owed, for a good answer and for a failed one alike.
    pub(crate) fn owed(&self) -> Result<Option<Cost>, CostError> {
        self.usage.as_ref().map_or(Ok(None), WireUsage::owed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
