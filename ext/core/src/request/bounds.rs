//! The most that a request can be billed for, in tokens, before it is sent.

use serde_json::value::RawValue;

use crate::json::lenient;
use crate::request::{textual, Api, Candidate, Request};

/// `None` where no bound is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    /// How many completions there may be.
    pub choices: Option<u64>,
    /// The service tier that may serve it, where that is dearer than the standard one.
    pub tier: Option<String>,
    /// It may cost more than its tokens do: a search, a plugin, images that the model makes.
    pub extras: bool,
}

/// For what the prompt holds beyond the request: a model's template, and what vendors add for tools (up to 530 tokens,
/// as Anthropic documents it).
const TEMPLATE_ALLOWANCE: u64 = 1_024;

/// For what a model that embeds adds to each text, such as marks or a prefix (`passage: `).
const TEXT_ALLOWANCE: u64 = 64;

/// Options that add to the prompt what the request only names: search results, or a preset (OpenRouter's web search and
/// presets, xAI's live search). Most have a fee as well. The last three replace the model or the messages.
const OUTSIDE_OPTIONS: [&str; 7] =
    ["plugins", "web_search_options", "search_parameters", "preset", "messages", "model", "models"];

/// Service tiers that cost no more than the standard one.
const CHEAP_TIERS: [&str; 6] = ["auto", "default", "standard", "standard_only", "flex", ""];

impl Request {
    /// The most tokens that `candidate` can receive and can answer with.
    ///
    /// The **prompt** is bounded by its bytes: tokenizers of chat models work on UTF-8 bytes, or fall back to them, so
    /// no text has more tokens than bytes. What the model reads stands in the JSON of the request, and JSON is never
    /// shorter than its content: a character is itself or a longer escape, and the keys, quotes and brackets outweigh a
    /// template's marks. There is no bound (`None`) for a prompt with more than text, for options that add to it, and
    /// for anything unknown. (A model that searches the web unbidden is beyond this.)
    ///
    /// The **completion** is bounded by `max_completion_tokens` or `max_tokens`, which include reasoning.
    pub fn bounds(&self, candidate: &Candidate) -> Bounds {
        let choices = self.choices(candidate);
        Bounds {
            prompt_tokens: self.prompt_tokens(candidate),
            completion_tokens: choices.and_then(|choices| self.max_tokens(candidate)?.checked_mul(choices)),
            choices,
            tier: self.tier(candidate),
            extras: !is_plain(&candidate.model) || self.options(candidate).any(|(name, value)| is_extra(name, value)),
        }
    }

    fn prompt_tokens(&self, candidate: &Candidate) -> Option<u64> {
        let options = || self.options(candidate);
        let inside = options().all(|(name, value)| is_inside(name, value));
        let (textual, allowance) = match self.api() {
            Api::Chat => (textual::are_messages(self.messages(candidate)), TEMPLATE_ALLOWANCE),
            Api::Embeddings { inputs } => (true, TEXT_ALLOWANCE.saturating_mul(inputs as u64)),
        };
        if !inside || !is_plain(&candidate.model) || !textual {
            return None;
        }
        let options = options().map(|(name, value)| name.len() + value.get().len()).sum::<usize>();
        u64::try_from(self.messages(candidate).get().len() + options).ok()?.checked_add(allowance)
    }

    fn max_tokens(&self, candidate: &Candidate) -> Option<u64> {
        if self.api() != Api::Chat {
            return Some(0);
        }
        let limits = self.options(candidate).filter(|(name, _)| ["max_completion_tokens", "max_tokens"].contains(name));
        limits.filter_map(|(_, value)| count(value)).max()
    }

    fn choices(&self, candidate: &Candidate) -> Option<u64> {
        let given = self.options(candidate).filter(|(name, value)| *name == "n" && value.get() != "null");
        given.map(|(_, value)| count(value)).try_fold(1, |most, choices| Some(most.max(choices?)))
    }

    fn tier(&self, candidate: &Candidate) -> Option<String> {
        // Anthropic's `speed` is another name for the same.
        let given = self
            .options(candidate)
            .filter(|(name, value)| ["service_tier", "speed"].contains(name) && value.get() != "null");
        let tiers = given.map(|(_, value)| match serde_json::from_str::<String>(value.get()).as_deref() {
            Ok("fast") => "priority".to_owned(),
            Ok(tier) => tier.to_owned(),
            Err(_) => "unknown".to_owned(),
        });
        tiers.filter(|tier| !CHEAP_TIERS.contains(&tier.as_str())).last()
    }
}

fn is_inside(name: &str, value: &RawValue) -> bool {
    match name {
        "tools" => textual::are_tools(value),
        _ => is_none(value) || !OUTSIDE_OPTIONS.contains(&name),
    }
}

fn is_extra(name: &str, value: &RawValue) -> bool {
    let more_than_text = || serde_json::from_str::<Vec<String>>(value.get()).map_or(true, |kinds| kinds != ["text"]);
    match name {
        "modalities" => !is_none(value) && more_than_text(),
        "audio" => !is_none(value),
        _ => !is_inside(name, value),
    }
}

fn is_none(value: &RawValue) -> bool {
    value.get() == "null" || serde_json::from_str::<[(); 0]>(value.get()).is_ok()
}

/// OpenRouter's `:online` is a web search, and `@preset/...` a preset.
fn is_plain(model: &str) -> bool {
    !model.contains('@') && !model.split(':').skip(1).any(|variant| variant == "online")
}

fn count(json: &RawValue) -> Option<u64> {
    lenient::count(&mut serde_json::Deserializer::from_str(json.get())).ok().flatten()
}

#[cfg(test)]
mod tests;
