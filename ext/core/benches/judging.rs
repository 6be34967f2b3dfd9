//! From the bytes of an answer to a completion, or to a failure and what it means for the chain:
//! `cargo bench -p llm_router_core --features fuzzing --bench judging`.

use criterion::{criterion_group, criterion_main, BatchSize, Criterion, Throughput};
use llm_router_core::fuzzing::verdict;

const SENTENCE: &str = r#"It is a draft, with \u00e9, a \"word\" in quotes, and the end of a paragraph.\n\n"#;

fn answer(bytes: usize) -> String {
    let content = SENTENCE.repeat(bytes / SENTENCE.len());
    format!(
        r#"{{"id":"gen-1","provider":"Acme","model":"a/b","created":1,"choices":[{{"index":0,"finish_reason":"stop","logprobs":null,
        "message":{{"role":"assistant","content":"{content}","refusal":null,"reasoning":null}}}}],
        "usage":{{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8,"cost":0.00043705,"is_byok":false}}}}"#
    )
}

fn judged(c: &mut Criterion, name: &str, status: u16, body: &str) {
    let mut group = c.benchmark_group("judging");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function(name, |b| b.iter_batched(|| body.into(), |body| verdict(status, body), BatchSize::SmallInput));
    group.finish();
}

fn parser(c: &mut Criterion) {
    judged(c, "an answer of 1 KB", 200, &answer(1 << 10));
    judged(c, "an answer of 1 MB", 200, &answer(1 << 20));
}

fn classifier(c: &mut Criterion) {
    let error =
        |rest: &str| format!(r#"{{"error":{{"message":"No luck","metadata":{{"provider_name":"Acme"{rest}}}}}}}"#);
    judged(c, "a 503, by its status", 503, &error(""));
    judged(c, "a 429, by its type", 429, &error(r#","error_type":"rate_limit_exceeded""#));
    judged(c, "a 403, by its details", 403, &error(r#","limit_source":"key","limit_usd":5"#));
}

criterion_group!(benches, parser, classifier);
criterion_main!(benches);
