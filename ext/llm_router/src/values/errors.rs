//! The exceptions that Rust raises itself. The classes are Ruby's, in `lib/llm_router/errors.rb`.

use std::fmt::Display;

use llm_router_core::{caught, LookupError, Panicked};
use magnus::value::ReprValue;
use magnus::{function, Error, ExceptionClass, Module, Object, RClass, RModule, Ruby};

pub(crate) fn configuration(ruby: &Ruby, message: impl Display) -> Error {
    named(ruby, "ConfigurationError", message)
}

pub(crate) fn argument(ruby: &Ruby, message: impl Display) -> Error {
    Error::new(ruby.exception_arg_error(), message.to_string())
}

pub(crate) fn internal(ruby: &Ruby, message: impl Display) -> Error {
    named(ruby, "InternalError", format!("{message}. This is a bug of llm_router: please report it"))
}

pub(crate) fn lookup(ruby: &Ruby, error: &LookupError) -> Error {
    match error {
        LookupError::NotFound => named(ruby, "LookupFailed::NotYet", error),
        LookupError::Timeout | LookupError::Connection(_) => named(ruby, "LookupFailed::Unreachable", error),
        _ => named(ruby, "LookupFailed", error),
    }
}

/// What a call raises in a process that was forked in the middle of it.
pub(crate) fn forked(ruby: &Ruby) -> Error {
    let message = "this process was forked in the middle of a call, which goes on in its parent: \
                   give fork a block, and call from there";
    named(ruby, "Error", message)
}

/// Runs what Ruby called, and turns a panic into an exception that Ruby code can rescue.
pub(crate) fn guarded<T>(ruby: &Ruby, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    caught(work).unwrap_or_else(|panicked: Panicked| Err(internal(ruby, panicked)))
}

fn named(ruby: &Ruby, name: &str, message: impl Display) -> Error {
    let router = ruby.class_object().const_get::<_, RClass>("LlmRouter").ok();
    let class = router.and_then(|router| nearest(router, name)).unwrap_or_else(|| ruby.exception_runtime_error());
    Error::new(class, message.to_string())
}

/// The exception class at the end of a path below `module`, or the last one on the way there.
fn nearest(module: RClass, path: &str) -> Option<ExceptionClass> {
    let (name, rest) = path.split_once("::").map_or((path, None), |(name, rest)| (name, Some(rest)));
    let class = module.const_get::<_, RClass>(name).ok()?;
    let deeper = rest.and_then(|rest| nearest(class, rest));
    deeper.or_else(|| ExceptionClass::from_value(class.as_value()))
}

pub(crate) fn define(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("panic", function!(panic, 1))
}

/// There is no way to make the router panic on purpose, so the specs get this one.
#[allow(clippy::panic)]
fn panic(ruby: &Ruby, message: String) -> Result<(), Error> {
    guarded(ruby, || panic!("{message}"))
}
