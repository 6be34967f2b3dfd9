//! Messages and tools that are text and nothing else, so that their size says how many tokens they
//! can be. Strict where the rest of the crate is lenient: what is not known here is not text.
//!
//! Not even an image that is there in full counts. What it costs depends on its width and height,
//! which a file of a few hundred bytes can make as large as a vendor allows; the pages of a PDF and
//! the seconds of audio or video are no less compressed.

use serde::de::IgnoredAny;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Whether the messages of a request hold nothing but text.
pub(crate) fn are_messages(json: &RawValue) -> bool {
    serde_json::from_str::<Vec<Message>>(json.get()).is_ok()
}

/// Whether the `tools` of a request are functions of the caller's own. The others run at the gateway
/// or the vendor, and what they find comes into the prompt.
pub(crate) fn are_tools(json: &RawValue) -> bool {
    serde_json::from_str::<Option<Vec<Tool>>>(json.get()).is_ok()
}

/// A message of the chat completions API, with what OpenRouter adds to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be read is all that matters")]
struct Message {
    role: IgnoredAny,
    content: Option<Content>,
    name: Option<IgnoredAny>,
    refusal: Option<IgnoredAny>,
    tool_calls: Option<IgnoredAny>,
    tool_call_id: Option<IgnoredAny>,
    function_call: Option<IgnoredAny>,
    reasoning: Option<IgnoredAny>,
    reasoning_content: Option<IgnoredAny>,
    reasoning_details: Option<Vec<Thought>>,
    cache_control: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "that it can be read is all that matters")]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be read is all that matters")]
struct Part {
    r#type: PartType,
    text: Option<IgnoredAny>,
    refusal: Option<IgnoredAny>,
    cache_control: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PartType {
    Text,
    Refusal,
}

/// What a model thought before. Encrypted, it may be compressed as well.
#[derive(Deserialize)]
#[expect(dead_code, reason = "that it can be read is all that matters")]
struct Thought {
    r#type: ThoughtType,
}

#[derive(Deserialize)]
enum ThoughtType {
    #[serde(rename = "reasoning.text")]
    Text,
    #[serde(rename = "reasoning.summary")]
    Summary,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "that it can be read is all that matters")]
struct Tool {
    r#type: ToolType,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToolType {
    Function,
}

#[cfg(test)]
mod tests;
