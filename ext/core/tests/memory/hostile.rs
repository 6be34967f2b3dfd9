//! Answers that mean harm, and good ones that are as large as they may be.

use super::{Flood, Outcome};

const BAD: Outcome = Outcome::Bad { uncertain: true };
/// It says what it costs.
const BAD_BUT_CERTAIN: Outcome = Outcome::Bad { uncertain: false };

type Case = (&'static str, Flood, Outcome);

pub(crate) fn answers(limit: usize) -> Vec<Case> {
    [packed(), shapes(), texts(limit), failures(limit), bills(limit)].into_iter().flatten().collect()
}

/// `start`, as much of `unit` as there is room for, and `end`.
fn full(limit: usize, start: &str, unit: &str, end: &str) -> Flood {
    times((limit - start.len() - end.len()) / unit.len(), start, unit, end)
}

fn times(times: usize, start: &str, unit: &str, end: &str) -> Flood {
    Flood { status: "200 OK", headers: "", start: start.into(), unit: unit.into(), times, end: end.into() }
}

/// 1 GB of blanks in 1 MB, as gzip packs them: a table for the codes, and then `0` bits, each pair of which
/// says "the last 258 bytes once more".
fn packed() -> Vec<Case> {
    let head = [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 42, 235, 159, 210, 26, 30, 64, 1];
    let start = head.to_vec();
    let headers = "Content-Encoding: gzip\r\n";
    let bomb = || Flood { headers, start: start.clone(), unit: vec![0], times: 1_040_448, ..times(0, "", "", "") };
    let refused = Flood { status: "400 Bad Request", ..bomb() };
    vec![("a bomb of 1 GB in 1 MB", bomb(), BAD), ("a refusal that is a bomb", refused, Outcome::Rejected)]
}

fn shapes() -> Vec<Case> {
    /// More than there may be in one list, and not too large for an answer.
    const MANY: usize = 2_000_000;
    let good = r#"{"choices":[{"message":{"content":"Hi"}}],"#;
    let paid = r#"],"usage":{"cost":0.5}}"#;
    let deep = format!(r#"{good}"x":{}{},"y":["#, "[".repeat(200), "]".repeat(200));
    vec![
        ("200 levels", times(1, &deep, "0", paid), BAD),
        ("2 million levels", times(MANY, "", "[", ""), BAD),
        ("2 million levels in unknown fields", times(MANY, &format!(r#"{good}"x":"#), "[", ""), BAD),
        ("2 million levels of objects", times(MANY / 2, &format!(r#"{good}"x":"#), r#"{"":"#, ""), BAD),
        ("2 million choices", times(MANY, r#"{"choices":["#, "{},", "{}]}"), BAD),
        ("2 million parts", times(MANY, r#"{"choices":[{"message":{"content":["#, "{},", "{}]}}]}"), BAD),
        (
            "2 million numbers in unknown fields",
            times(MANY, &format!(r#"{good}"x":["#), "0,", &format!("0{paid}")),
            BAD,
        ),
        (
            "900,000 numbers that are none",
            times(900_000, &format!(r#"{good}"x":["#), "NaN,", r#"0],"y":{"z":1}}"#),
            Outcome::Answered,
        ),
        ("1.1 million fields in unknown fields", times(1_100_000, good, r#""":0,"#, r#""":0}"#), BAD),
        ("250,000 choices", times(250_000, r#"{"choices":["#, r#"{"message":{"content":"ab"}},"#, "{}]}"), BAD),
        (
            "250,000 parts",
            times(250_000, r#"{"choices":[{"message":{"content":["#, r#"{"text":"abcdefgh"},"#, "{}]}}]}"),
            Outcome::Answered,
        ),
    ]
}

fn texts(limit: usize) -> Vec<Case> {
    let (start, end) = (r#"{"choices":[{"message":{"content":""#, r#""}}]}"#);
    // Escapes take a parser a second copy. This one comes when the copy is all but full, and doubles it.
    let late = format!(r"\nx{end}");
    let parts = r#"{"choices":[{"message":{"content":[{"text":""#;
    let not_utf_8 =
        Flood { unit: vec![0xff], times: limit - 80, ..times(0, start, "", r#""}}],"usage":{"cost":0.5}}"#) };
    vec![
        ("nothing but blanks", full(limit, "", " ", ""), BAD),
        ("a long text", full(limit, start, "x", end), Outcome::Answered),
        ("a long text of escapes", full(limit, start, r"\n", &format!("x{end}")), Outcome::Answered),
        ("a long text with a late escape", full(limit, start, "x", &late), Outcome::Answered),
        (
            "a long text, and a number that is none",
            full(limit, &start.replacen('{', r#"{"y":NaN,"#, 1), "x", end),
            Outcome::Answered,
        ),
        ("halves of emojis", full(limit, start, r"\ud83d", end), Outcome::Answered),
        ("a late half of an emoji", full(limit, start, "x", &format!(r"\ud83dx{end}")), Outcome::Answered),
        ("a half of an emoji, and no JSON", full(limit, &format!(r"{start}\ud83d"), "x", ""), BAD),
        ("a long part with a late escape", full(limit, parts, "x", r#"\nx"}]}}]}"#), Outcome::Answered),
        (
            "a long part with a late escape, and more",
            full(limit, parts, "x", r#"\nx"},{"text":"y"}]}}]}"#),
            Outcome::Answered,
        ),
        (
            "many short parts",
            full(limit, parts, &format!(r#"{}"}},{{"text":""#, "x".repeat(90)), r#"\nx"}]}}]}"#),
            Outcome::Answered,
        ),
        ("a long name of a field", full(limit, r#"{""#, "x", r#"\n":0}"#), BAD),
        ("no UTF-8", not_utf_8, BAD_BUT_CERTAIN),
    ]
}

fn failures(limit: usize) -> Vec<Case> {
    let error = |field: &str| format!(r#"{{"error":{{"code":400,{field}:""#);
    let metadata = |field: &str| format!(r#"{{"error":{{"code":400,"message":"no luck","metadata":{{{field}:""#);
    let partial =
        r#"{"choices":[{"finish_reason":"error","error":{"code":400,"message":"no luck"},"message":{"content":""#;
    let refused = |flood| Flood { status: "400 Bad Request", ..flood };
    vec![
        ("a long message", full(limit, &error(r#""message""#), r"\n", r#"x"}}"#), Outcome::Rejected),
        ("a long message with a late escape", full(limit, &error(r#""message""#), "x", r#"\nx"}}"#), Outcome::Rejected),
        ("long words of the provider", full(limit, &metadata(r#""raw""#), r#"{\"a\":"#, r#"x"}}}"#), Outcome::Rejected),
        (
            "a long name of the provider",
            full(limit, &metadata(r#""provider_name""#), "x", r#"\nx"}}}"#),
            Outcome::Rejected,
        ),
        (
            "a long text that moderation quotes",
            full(limit, &metadata(r#""flagged_input""#), "x", r#"\nx"}}}"#),
            Outcome::Rejected,
        ),
        ("a partial answer of many words", full(limit, partial, "a ", r#"\nx"}}]}"#), Outcome::Rejected),
        (
            "an error with many numbers",
            full(limit, &format!(r#"{}x","x":["#, error(r#""message""#)), "[],", "0]}}"),
            BAD,
        ),
        ("a refusal of many objects", refused(full(limit, r#"{"x":["#, r#"{"":0},"#, "0]}")), Outcome::Rejected),
        ("a refusal of 1 MB of objects", refused(full(1 << 20, r#"{"x":["#, r#"{"":0},"#, "0]}")), Outcome::Rejected),
    ]
}

fn bills(limit: usize) -> Vec<Case> {
    let usage = |start: &str| format!(r#"{{"choices":[{{"message":{{"content":"Hi"}}}}],"usage":{{{start}"#);
    vec![
        ("a cost of 8 million digits", full(limit, &usage(r#""cost":"#), "9", "}}"), BAD),
        ("a cost that is a long text", full(limit, &usage(r#""cost":""#), "9", r#""}}"#), BAD),
        ("a cost that is a list", full(limit, &usage(r#""cost":["#), "[],", "0]}}"), BAD),
        (
            "a number of tokens of 8 million digits",
            full(limit, &usage(r#""prompt_tokens":"#), "9", "}}"),
            Outcome::Answered,
        ),
    ]
}
