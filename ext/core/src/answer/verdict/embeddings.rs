//! The judgement of an answer with vectors.

use super::{is_known, Judge};
use crate::answer::bill::Bill;
use crate::answer::embeddings::Vectors;
use crate::answer::wire::Answer;
use crate::answer::{Completion, Failure, Usage};
use crate::money::CostError;

impl Judge<'_> {
    /// Whoever embeds bills the texts, not the vectors: an answer that cannot be used may cost something, too.
    pub(super) async fn embeddings(self, answer: Answer<'_>, inputs: usize, body: &str) -> Result<Completion, Failure> {
        let bill = if self.cached { Bill::cached() } else { Bill::of_prompt(answer.usage.as_ref()) };
        if let Err(error @ CostError::TooLarge) = &bill.cost {
            return Err(self.bad(format!("usage.cost is unreadable: {error}"), bill));
        }
        match Vectors::read(answer.data, inputs, self.request.dimensions(self.candidate)) {
            Ok(vectors) => {
                let usage =
                    Usage { completion_tokens: Some(0), ..answer.usage.as_ref().map(Usage::from).unwrap_or_default() };
                Ok(Completion { vectors, usage, ..self.named(answer, bill) })
            }
            Err(unusable) => {
                let failure = self.error(&answer, body).await;
                Err(if is_known(&failure) { failure } else { self.bad(unusable.to_string(), bill) })
            }
        }
    }
}
