//! The JSON that comes back, as it is on the wire.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::choices::{self, Choices};
use crate::lenient;

/// The whole answer of `POST /chat/completions`, failed or not.
#[derive(Deserialize, Default)]
pub(crate) struct Answer<'j> {
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) model: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) provider: Option<String>,
    #[serde(default, borrow, deserialize_with = "choices::read")]
    pub(crate) choices: Choices<'j>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(crate) usage: Option<WireUsage>,
    #[serde(default, deserialize_with = "error_body")]
    pub(crate) error: Option<ErrorBody>,
    /// Where some other gateways put their only word about an error.
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) message: Option<String>,
}

#[derive(Deserialize, Default)]
pub(crate) struct WireUsage {
    #[serde(default, deserialize_with = "lenient::count")]
    pub(crate) prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(crate) completion_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(crate) total_tokens: Option<u64>,
    /// The JSON text itself: a number read by a JSON parser has been through a binary float.
    #[serde(default)]
    pub(crate) cost: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) is_byok: Option<bool>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(crate) cost_details: Option<CostDetails>,
}

#[derive(Deserialize, Default)]
pub(crate) struct CostDetails {
    #[serde(default)]
    pub(crate) upstream_inference_cost: Option<Box<RawValue>>,
}

/// `error`: an object by the schema, a bare string at some gateways.
#[derive(Deserialize, Default)]
pub(crate) struct ErrorBody {
    #[serde(default)]
    pub(crate) code: Option<lenient::Scalar>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) message: Option<String>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(crate) metadata: Option<Metadata>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(crate) availability: Option<Availability>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(crate) constraint: Option<Constraint>,
}

#[derive(Deserialize, Default)]
pub(crate) struct Metadata {
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) error_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) limit_source: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) flagged_input: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) provider_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) raw: Option<String>,
    #[serde(default, deserialize_with = "lenient::present")]
    pub(crate) reasons: bool,
    #[serde(default, deserialize_with = "lenient::present")]
    pub(crate) patterns: bool,
    #[serde(default, deserialize_with = "lenient::present")]
    pub(crate) limit_usd: bool,
    #[serde(default, deserialize_with = "lenient::present")]
    pub(crate) spend_usd: bool,
    #[serde(default)]
    pub(crate) retry_after_seconds: Option<lenient::Scalar>,
    #[serde(default, deserialize_with = "lenient::object")]
    availability: Option<Availability>,
    #[serde(default, deserialize_with = "lenient::object")]
    constraint: Option<Constraint>,
}

#[derive(Deserialize, Default)]
pub(crate) struct Availability {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) retryable: Option<bool>,
    #[serde(default)]
    pub(crate) retry_after: Option<lenient::Scalar>,
    #[serde(default, deserialize_with = "lenient::object")]
    constraint: Option<Constraint>,
}

/// What of the request left no provider over, where that is `constraint_filtered`.
#[derive(Deserialize, Default)]
pub(crate) struct Constraint {
    #[serde(default, deserialize_with = "lenient::text")]
    field: Option<String>,
}

impl ErrorBody {
    /// Whether the option of that name left no provider over, wherever the gateway says so.
    pub(crate) fn constrained_by(&self, option: &str) -> bool {
        let metadata = self.metadata.as_ref();
        let availability = [self.availability.as_ref(), metadata.and_then(|m| m.availability.as_ref())];
        let nested = availability.into_iter().flatten().map(|availability| availability.constraint.as_ref());
        let all = [self.constraint.as_ref(), metadata.and_then(|m| m.constraint.as_ref())].into_iter().chain(nested);
        let mut fields = all.flatten().filter_map(|constraint| constraint.field.as_deref());
        // `max_price`, `provider.max_price` or `max_price.prompt`.
        fields.any(|field| field.split('.').any(|part| part == option))
    }

    /// The HTTP status that `code` means, as a number or as its digits.
    pub(crate) fn status(&self) -> Option<u16> {
        let code = match &self.code {
            Some(lenient::Scalar::Number(code)) => Some(*code as u16).filter(|status| f64::from(*status) == *code),
            Some(lenient::Scalar::Text(code)) => code.parse().ok(),
            _ => None,
        };
        code.filter(|code| (400..600).contains(code))
    }

    /// The words an error names itself by, wherever the gateway at hand puts them.
    pub(crate) fn names(&self, word: &str) -> bool {
        let metadata = self.metadata.as_ref();
        let code = match &self.code {
            Some(lenient::Scalar::Text(code)) => Some(code.as_str()),
            _ => None,
        };
        [
            metadata.and_then(|m| m.error_type.as_deref()),
            metadata.and_then(|m| m.limit_source.as_deref()),
            metadata.and_then(|m| m.reason.as_deref()),
            code,
        ]
        .contains(&Some(word))
    }
}

pub(crate) fn error_body<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Option<ErrorBody>, D::Error> {
    lenient::object_or(json, |text| {
        (!text.is_empty()).then(|| ErrorBody { message: Some(text), ..ErrorBody::default() })
    })
}
