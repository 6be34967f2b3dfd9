//! The most that a request can be billed for, in tokens, before it is sent.

use serde_json::value::RawValue;

use crate::{lenient, textual, Candidate, Request};

/// `None` where there is no telling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
}

/// For what is in the prompt but not in the request: the frame that a model's template puts around
/// it, and what vendors tell their model about tools (up to 530 tokens, as Anthropic documents it).
const ALLOWANCE: u64 = 1_024;

/// Options that bring something into the prompt which the request only names: what a search finds,
/// what a preset says (OpenRouter's web search and presets, xAI's live search). With the last three,
/// the model and the messages are not those that are looked at here.
const OUTSIDE: [&str; 7] =
    ["plugins", "web_search_options", "search_parameters", "preset", "messages", "model", "models"];

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
        Bounds { prompt_tokens: self.prompt_tokens(candidate), completion_tokens: self.completion_tokens(candidate) }
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

    fn completion_tokens(&self, candidate: &Candidate) -> Option<u64> {
        let all = |names: &'static [&str]| self.options(candidate).filter(|(name, _)| names.contains(name));
        let most = all(&["max_completion_tokens", "max_tokens"]).filter_map(|(_, value)| count(value)).max()?;
        let mut choices = 1;
        for (_, value) in all(&["n"]).filter(|(_, value)| value.get() != "null") {
            choices = choices.max(count(value)?);
        }
        most.checked_mul(choices)
    }
}

fn is_inside(name: &str, value: &RawValue) -> bool {
    match name {
        "tools" => textual::are_tools(value),
        _ => value.get() == "null" || !OUTSIDE.contains(&name),
    }
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
    use crate::chain::tests::candidate;
    use crate::Params;

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
        ] {
            assert_eq!(prompt(&[(name, value)], &[]), None, "{name}");
            assert_eq!(prompt(&[], &[(name, value)]), None, "{name}");
            assert!(prompt(&[(name, value)], &[(name, "null")]).is_some(), "{name}");
        }
        let image = r#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example"}}]}]"#;
        assert_eq!(bounds_of(image, &[], &[]).prompt_tokens, None);
    }

    #[test]
    fn a_models_name_can_ask_for_more_than_the_model() {
        for (model, plain) in [("a/b", true), ("a/b:free", true), ("a/b:online", false), ("@preset/mine", false)] {
            assert_eq!(is_plain(model), plain, "{model}");
        }
    }
}
