//! The most that a request can be billed for, in tokens, before it is sent.

use serde_json::value::RawValue;

use crate::json::lenient;
use crate::request::{textual, Candidate, Request};

/// `None` where there is no telling.
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

/// For what is in the prompt but not in the request: the frame that a model's template puts around
/// it, and what vendors tell their model about tools (up to 530 tokens, as Anthropic documents it).
const ALLOWANCE: u64 = 1_024;

/// Options that bring something into the prompt which the request only names: what a search finds,
/// what a preset says (OpenRouter's web search and presets, xAI's live search). Most have a fee as well. With the last
/// three, the model and the messages are not those that are looked at here.
const OUTSIDE: [&str; 7] =
    ["plugins", "web_search_options", "search_parameters", "preset", "messages", "model", "models"];

/// Service tiers that cost no more than the standard one, or are that.
const CHEAP_TIERS: [&str; 6] = ["auto", "default", "standard", "standard_only", "flex", ""];

impl Request {
    /// The most tokens that `candidate` can be sent and can answer with.
    ///
    /// That the **prompt** is bounded by its bytes: tokenizers of chat models work on UTF-8 bytes, or
    /// fall back to them, so no text makes more tokens than it has bytes. What a model gets to read
    /// stands in the JSON of the request, and JSON is nowhere shorter than what it says: a character
    /// is itself or a longer escape, and the keys, quotes and brackets around it are more than a
    /// template's marks for the same. What stands elsewhere has no bound here: a prompt that holds
    /// more than text, and options that add to it, have `None`, and so has all that is not
    /// understood. (A model that searches the web without being told so is beyond this.)
    ///
    /// The **completion** is bounded by the request itself, with `max_completion_tokens` or
    /// `max_tokens`. Reasoning counts towards them.
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
        if !inside || !is_plain(&candidate.model) || !textual::are_messages(self.messages()) {
            return None;
        }
        let options = options().map(|(name, value)| name.len() + value.get().len()).sum::<usize>();
        u64::try_from(self.messages().get().len() + options).ok()?.checked_add(ALLOWANCE)
    }

    fn max_tokens(&self, candidate: &Candidate) -> Option<u64> {
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
        _ => is_none(value) || !OUTSIDE.contains(&name),
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
mod tests {
    use super::*;
    use crate::request::candidate::tests::candidate;
    use crate::request::Params;

    const MESSAGES: &str = r#"[{"role":"user","content":"Hi"}]"#;

    fn params(options: &[(&str, &str)]) -> Params {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        options.iter().map(|(name, value)| ((*name).to_owned(), raw(value))).collect()
    }

    fn bounds_of(messages: &str, shared: &[(&str, &str)], own: &[(&str, &str)]) -> Bounds {
        let messages = RawValue::from_string(messages.to_owned()).unwrap();
        let candidate = Candidate { params: params(own), ..candidate("a/b") };
        Request::new(messages, params(shared)).bounds(&candidate)
    }

    fn completion(shared: &[(&str, &str)], own: &[(&str, &str)]) -> Option<u64> {
        bounds_of(MESSAGES, shared, own).completion_tokens
    }

    fn tier(name: &str, value: &str) -> Option<String> {
        bounds_of(MESSAGES, &[(name, value)], &[]).tier
    }

    fn prompt(shared: &[(&str, &str)], own: &[(&str, &str)]) -> Option<u64> {
        bounds_of(MESSAGES, shared, own).prompt_tokens
    }

    #[test]
    fn a_completion_is_as_long_as_the_request_allows() {
        assert_eq!(completion(&[("max_tokens", "100")], &[]), Some(100));
        assert_eq!(completion(&[("max_tokens", "100"), ("max_completion_tokens", "200.0")], &[]), Some(200));
        assert_eq!(completion(&[("max_tokens", "100"), ("max_completion_tokens", "null")], &[]), Some(100));
        assert_eq!(completion(&[("max_tokens", "0")], &[]), Some(0));
        assert_eq!(completion(&[], &[]), None);
        for odd in ["null", "-1", "1.5", "\"100\"", "[100]", "1e300"] {
            assert_eq!(completion(&[("max_tokens", odd)], &[]), None, "{odd}");
        }
    }

    #[test]
    fn a_candidates_own_limit_comes_first_and_its_null_takes_the_limit_away() {
        assert_eq!(completion(&[("max_tokens", "100")], &[("max_tokens", "300")]), Some(300));
        assert_eq!(completion(&[("max_tokens", "100")], &[("max_tokens", "null")]), None);
        assert_eq!(completion(&[("max_tokens", "300")], &[("max_completion_tokens", "100")]), Some(300));
    }

    #[test]
    fn several_choices_are_several_times_as_long() {
        let most = |n| completion(&[("max_tokens", "100"), ("n", n)], &[]);
        assert_eq!((most("3"), most("1"), most("0"), most("null")), (Some(300), Some(100), Some(100), Some(100)));
        assert_eq!((most("\"3\""), most("-3"), most("18446744073709551615")), (None, None, None));
    }

    #[test]
    fn a_prompt_is_no_longer_than_its_json() {
        let alone = prompt(&[], &[]).unwrap();
        assert_eq!(alone, MESSAGES.len() as u64 + ALLOWANCE);
        let tools = r#"[{"type":"function","function":{"name":"f"}}]"#;
        let with_tools = prompt(&[("tools", tools), ("temperature", "0.2")], &[("temperature", "null")]);
        assert_eq!(with_tools, Some(alone + (tools.len() + "tools".len()) as u64));
        let long = bounds_of(r#"[{"role":"user","content":"私の番号は一二三です"}]"#, &[], &[]).prompt_tokens.unwrap();
        assert_eq!(long - alone, 30 - 2);
    }

    #[test]
    fn what_adds_to_the_prompt_from_outside_leaves_it_without_a_bound() {
        for (name, value) in [
            ("plugins", r#"[{"id":"web"}]"#),
            ("web_search_options", "{}"),
            ("search_parameters", "{}"),
            ("preset", r#""mine""#),
            ("tools", r#"[{"type":"openrouter:web_search"}]"#),
            ("models", r#"["c/d"]"#),
            ("model", r#""c/d""#),
            ("messages", r#"[{"role":"user","content":"Ho"}]"#),
        ] {
            assert_eq!(prompt(&[(name, value)], &[]), None, "{name}");
            assert_eq!(prompt(&[], &[(name, value)]), None, "{name}");
            assert!(prompt(&[(name, value)], &[(name, "null")]).is_some(), "{name}");
        }
        let image = r#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example"}}]}]"#;
        assert_eq!(bounds_of(image, &[], &[]).prompt_tokens, None);
    }

    #[test]
    fn what_is_billed_besides_tokens_is_extra() {
        let extras = |name, value| bounds_of(MESSAGES, &[(name, value)], &[]).extras;
        for (name, value) in [
            ("plugins", r#"[{"id":"web"}]"#),
            ("web_search_options", "{}"),
            ("tools", r#"[{"type":"openrouter:web_search"}]"#),
            ("modalities", r#"["image","text"]"#),
            ("audio", r#"{"voice":"alloy"}"#),
        ] {
            assert!(extras(name, value), "{name}");
        }
        for (name, value) in [
            ("plugins", "[]"),
            ("plugins", "null"),
            ("tools", r#"[{"type":"function","function":{"name":"f"}}]"#),
            ("modalities", r#"["text"]"#),
            ("modalities", "null"),
            ("audio", "null"),
            ("provider", r#"{"sort":"price"}"#),
        ] {
            assert!(!extras(name, value), "{name} {value}");
        }
    }

    #[test]
    fn a_service_tier_may_be_dearer() {
        assert_eq!(tier("service_tier", r#""priority""#).as_deref(), Some("priority"));
        assert_eq!(tier("service_tier", r#""fast""#).as_deref(), Some("priority"));
        assert_eq!(tier("speed", r#""fast""#).as_deref(), Some("priority"));
        assert_eq!(tier("service_tier", r#""ultrafast""#).as_deref(), Some("ultrafast"));
        assert_eq!(tier("service_tier", "7").as_deref(), Some("unknown"));
        for cheap in [r#""flex""#, r#""default""#, r#""auto""#, "null"] {
            assert_eq!(tier("service_tier", cheap), None, "{cheap}");
        }
    }

    #[test]
    fn choices_are_known_without_a_limit_of_tokens() {
        let bounds = bounds_of(MESSAGES, &[("n", "3")], &[]);
        assert_eq!((bounds.choices, bounds.completion_tokens), (Some(3), None));
        assert_eq!(bounds_of(MESSAGES, &[], &[]).choices, Some(1));
    }

    #[test]
    fn a_models_name_can_ask_for_more_than_the_model() {
        for (model, plain) in [("a/b", true), ("a/b:free", true), ("a/b:online", false), ("@preset/mine", false)] {
            assert_eq!(is_plain(model), plain, "{model}");
        }
    }
}
