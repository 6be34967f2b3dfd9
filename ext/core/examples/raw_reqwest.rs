//! The practical limit for `bin/bench`: the same calls by reqwest on tokio alone, with no router, no budget and no Ruby.
//! Arguments: the gateway's URL, how many calls, how many at a time, and the models to call in turn. Prints JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::LazyLock;
use std::time::Instant;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

#[derive(Deserialize)]
struct Usage {
    cost: Box<RawValue>,
}

static LARGE: LazyLock<String> = LazyLock::new(|| "The quick brown fox. ".repeat(50_000));

fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("a URL");
    let calls: usize = arguments.next().and_then(|text| text.parse().ok()).expect("how many calls");
    let at_once: usize = arguments.next().and_then(|text| text.parse().ok()).expect("how many at a time");
    let models: &'static [String] = arguments.collect::<Vec<_>>().leak();
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(no_tls()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for _ in 0..at_once.min(64) {
            call(&client, &url, &["ok/warm".to_owned()]).await;
        }
        let (memory, cpu, started) = (rss("VmRSS"), cpu_seconds(), Instant::now());
        let each = calls / at_once;
        let walks: Vec<_> = (0..at_once)
            .map(|_| {
                let (client, url) = (client.clone(), url.clone());
                tokio::spawn(async move {
                    for _ in 0..each {
                        call(&client, &url, models).await;
                    }
                })
            })
            .collect();
        for walk in walks {
            walk.await.unwrap();
        }
        let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let memory = rss("VmHWM").saturating_sub(memory);
        println!("{}", json!({ "calls": each * at_once, "cpu": cpu, "wall": wall, "memory_kib": memory }));
    });
}

/// Calls one after the other until one answers.
async fn call(client: &reqwest::Client, url: &str, models: &[String]) {
    for model in models {
        let messages = json!([{ "role": "user", "content": "Say hello to the world." }]);
        let body = serde_json::to_vec(&json!({ "model": model, "messages": messages, "max_tokens": 100 })).unwrap();
        let sent = client
            .post(format!("{url}/chat/completions"))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, "Bearer test-key")
            .body(body)
            .send()
            .await;
        let Ok(response) = sent else { continue };
        if !response.status().is_success() {
            let _read = response.bytes().await;
            continue;
        }
        let answer: Answer = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        let content = &answer.choices.first().unwrap().message.content;
        assert!(content == expected(models), "a wrong answer");
        assert_eq!(answer.usage.cost.get(), "0.00043705");
        return;
    }
    panic!("no model answered");
}

fn expected(models: &[String]) -> &'static str {
    if models.iter().any(|model| model.starts_with("large/")) {
        &LARGE
    } else {
        "Hello"
    }
}

/// Only plain HTTP is spoken here, and no provider of TLS is built in by default.
fn no_tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
}

/// Of all threads, from what the kernel's scheduler counts in nanoseconds.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let spent = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    spent.filter_map(|line| line.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / 1e9
}

fn rss(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
