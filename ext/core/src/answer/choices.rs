//! `choices`: the first is the answer. Of the others only the content is kept, to recognise quotations of it in errors.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::answer::parts;
use crate::json::lenient::{self, Object};

/// More than any request asks for.
const MAX_CHOICES: usize = 1_000;
/// Why an answer ends early, in the words of gateways and vendors.
const CUT_OFF_REASONS: [&str; 12] = [
    "length",
    "max_tokens",
    "max_output_tokens",
    "model_length",
    "model_context_window_exceeded",
    "content_filter",
    "content_filtered",
    "guardrail_intervened",
    "prohibited_content",
    "recitation",
    "refusal",
    "safety",
];

#[derive(Default)]
pub(crate) struct Choices<'j> {
    pub(crate) first: Option<Choice<'j>>,
    others: Vec<Cow<'j, str>>,
}

#[derive(serde::Deserialize)]
pub(crate) struct Choice<'j> {
    #[serde(default, borrow, deserialize_with = "lenient::large_object")]
    pub(crate) message: Option<Message<'j>>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(crate) finish_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(crate) native_finish_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::error")]
    error: bool,
}

#[derive(serde::Deserialize, Default)]
pub(crate) struct Message<'j> {
    #[serde(default, borrow, deserialize_with = "parts::content")]
    pub(crate) content: Option<Cow<'j, str>>,
    #[serde(default, borrow, deserialize_with = "lenient::borrowed_string")]
    pub(crate) refusal: Option<Cow<'j, str>>,
    #[serde(default, borrow, deserialize_with = "lenient::borrowed_string")]
    pub(crate) reasoning: Option<Cow<'j, str>>,
    /// The name of `reasoning` at many gateways; some send both.
    #[serde(default, borrow, deserialize_with = "lenient::borrowed_string")]
    pub(crate) reasoning_content: Option<Cow<'j, str>>,
    #[serde(default, deserialize_with = "lenient::present")]
    pub(crate) tool_calls: bool,
    /// The former name of `tool_calls`, which some gateways still use.
    #[serde(default, deserialize_with = "lenient::present")]
    pub(crate) function_call: bool,
    #[serde(default, deserialize_with = "lenient::present")]
    pub(crate) images: bool,
    #[serde(default, deserialize_with = "lenient::present")]
    pub(crate) audio: bool,
}

impl Choices<'_> {
    /// The content of all choices.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &str> {
        let first = self.first.as_ref().and_then(|choice| choice.message.as_ref()?.content.as_deref());
        first.into_iter().chain(self.others.iter().map(AsRef::as_ref))
    }
}

impl Choice<'_> {
    /// Also after content was sent.
    pub(crate) fn failed(&self) -> bool {
        self.error || self.finish_reason.as_deref() == Some("error")
    }

    pub(crate) fn says_nothing(&self) -> bool {
        let Some(message) = &self.message else { return true };
        let blank = |text: &Option<Cow<'_, str>>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        let called = message.tool_calls || message.function_call;
        blank(&message.content) && blank(&message.refusal) && !called && !message.images && !message.audio
    }

    /// Whether the model said or thought anything, or ended as if it had. A choice that ends blank or with an error,
    /// without a token, is not billed.
    pub(crate) fn may_be_billed(&self) -> bool {
        let ended = |reason: &String| !reason.trim().is_empty() && reason != "error";
        let mut thoughts = self.message.iter().flat_map(|message| [&message.reasoning, &message.reasoning_content]);
        !self.says_nothing()
            || thoughts.any(|thought| thought.as_deref().is_some_and(|thought| !thought.trim().is_empty()))
            || self.finish_reason.as_ref().is_some_and(ended)
    }

    /// The reason why `max_tokens` or a filter has cut it off.
    pub(crate) fn cut_off(&self) -> Option<&'static str> {
        let reasons = [&self.finish_reason, &self.native_finish_reason].into_iter().flatten();
        let known = |reason: &String| CUT_OFF_REASONS.into_iter().find(|word| reason.eq_ignore_ascii_case(word));
        reasons.filter_map(known).next()
    }
}

/// A list of objects, or `null`.
pub(crate) fn read<'de, D: Deserializer<'de>>(json: D) -> Result<Choices<'de>, D::Error> {
    json.deserialize_any(ListOrNull)
}

struct ListOrNull;

impl<'de> Visitor<'de> for ListOrNull {
    type Value = Choices<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of choices")
    }

    fn visit_unit<E: Error>(self) -> Result<Choices<'de>, E> {
        Ok(Choices::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Choices<'de>, A::Error> {
        let first = list.next_element::<Object<Choice<'de>>>()?.map(|choice| choice.0);
        let mut others = Vec::new();
        while let Some(Said(said)) = list.next_element()? {
            if others.len() == MAX_CHOICES {
                return Err(Error::custom("there are too many choices"));
            }
            others.push(said);
        }
        Ok(Choices { first, others })
    }
}

/// What one of the other choices said.
struct Said<'j>(Cow<'j, str>);

impl<'de> Deserialize<'de> for Said<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let Object(choice) = Object::<Choice<'de>>::deserialize(json)?;
        Ok(Self(choice.message.and_then(|message| message.content).unwrap_or_default()))
    }
}
