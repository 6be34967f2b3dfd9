//! A model's answer: its content, its model, its cost.

use crate::answer::wire::WireUsage;
use crate::answer::{Text, Vectors};
use crate::money::Cost;

/// A model's answer.
#[derive(Debug, Clone, Default)]
pub struct Completion {
    /// The completion's id, as the endpoint gave it.
    pub id: Option<String>,
    /// The id that `GET /generation` knows, from the `X-Generation-Id` header or else `id`.
    pub generation_id: Option<String>,
    /// The model that was billed, which may differ from the requested one.
    pub model: String,
    /// The provider that ran the model, if the gateway names it.
    pub provider: Option<String>,
    /// Read this and the next two by [`Completion::content`] and so on.
    pub content: Option<Text>,
    pub refusal: Option<Text>,
    pub reasoning: Option<Text>,
    /// Of an answer of `POST /embeddings`, which has none of the three.
    pub vectors: Vectors,
    pub finish_reason: Option<String>,
    pub native_finish_reason: Option<String>,
    pub usage: Usage,
    /// `None` if the answer has no readable cost.
    pub cost: Option<Cost>,
    /// The whole body, for fields that are not here.
    pub body: String,
}

impl Completion {
    /// The model's answer.
    pub fn content(&self) -> Option<&str> {
        self.text(self.content.as_ref())
    }

    /// The model's refusal.
    pub fn refusal(&self) -> Option<&str> {
        self.text(self.refusal.as_ref())
    }

    /// The model's reasoning.
    pub fn reasoning(&self) -> Option<&str> {
        self.text(self.reasoning.as_ref())
    }

    fn text<'t>(&'t self, text: Option<&'t Text>) -> Option<&'t str> {
        text.map(|text| text.read(&self.body))
    }
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
