//! `LlmRouter::Native::Completion`: the core's completion, read by `LlmRouter::Response`. Text becomes Ruby objects
//! only when it is read.

use llm_router_core::{Completion, Text, Usage};
use magnus::typed_data::Obj;
use magnus::{method, value::ReprValue, Class, Error, Module, RArray, RClass, RModule, RString, Ruby};

#[magnus::wrap(class = "LlmRouter::Native::Completion", free_immediately, size)]
pub(crate) struct NativeCompletion(Completion);

pub(crate) fn define(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Completion", ruby.class_object())?;
    // Resolved now: on first use, inside a call, magnus would check for interrupts.
    <NativeCompletion as magnus::TypedData>::class(ruby);
    class.undef_default_alloc_func();
    define_texts(class)?;
    class.define_method("cost", method!(NativeCompletion::cost, 0))?;
    class.define_method("vectors", method!(NativeCompletion::vectors, 0))?;
    class.define_method("tokens", method!(NativeCompletion::tokens, 0))
}

fn define_texts(class: RClass) -> Result<(), Error> {
    class.define_method("id", method!(|ruby: &Ruby, this: &NativeCompletion| text(ruby, this.0.id.as_deref()), 0))?;
    class.define_method(
        "generation_id",
        method!(|ruby: &Ruby, this: &NativeCompletion| text(ruby, this.0.generation_id.as_deref()), 0),
    )?;
    class.define_method("model", method!(|ruby: &Ruby, this: &NativeCompletion| ruby.str_new(&this.0.model), 0))?;
    class.define_method(
        "provider",
        method!(|ruby: &Ruby, this: &NativeCompletion| text(ruby, this.0.provider.as_deref()), 0),
    )?;
    class.define_method("content", method!(|ruby: &Ruby, this: &NativeCompletion| text(ruby, this.0.content()), 0))?;
    class.define_method("refusal", method!(|ruby: &Ruby, this: &NativeCompletion| text(ruby, this.0.refusal()), 0))?;
    class.define_method(
        "reasoning",
        method!(|ruby: &Ruby, this: &NativeCompletion| text(ruby, this.0.reasoning()), 0),
    )?;
    class.define_method(
        "finish_reason",
        method!(|ruby: &Ruby, this: &NativeCompletion| text(ruby, this.0.finish_reason.as_deref()), 0),
    )?;
    class.define_method(
        "native_finish_reason",
        method!(|ruby: &Ruby, this: &NativeCompletion| text(ruby, this.0.native_finish_reason.as_deref()), 0),
    )?;
    class.define_method("body", method!(|ruby: &Ruby, this: &NativeCompletion| ruby.str_new(&this.0.body), 0))
}

/// Prompt, completion and total, as `LlmRouter::Usage` takes them.
type Tokens = (Option<u64>, Option<u64>, Option<u64>);

pub(crate) fn tokens(usage: Usage) -> Tokens {
    (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
}

/// Without another copy, since it can be large.
fn text(ruby: &Ruby, text: Option<&str>) -> Option<RString> {
    text.map(|text| ruby.str_new(text))
}

impl NativeCompletion {
    /// Tells the GC how much memory it would free.
    pub(crate) fn wrap(ruby: &Ruby, completion: Completion) -> Obj<Self> {
        let wrapped = ruby.obj_wrap(Self(completion));
        ruby.gc_adjust_memory_usage(wrapped.weight());
        wrapped
    }

    /// Of its large parts, in bytes.
    fn weight(&self) -> isize {
        let Completion { content, refusal, reasoning, vectors, body, .. } = &self.0;
        let texts = [content, refusal, reasoning].into_iter().flatten().map(Text::weight);
        texts.chain([vectors.weight(), body.capacity()]).sum::<usize>().try_into().unwrap_or(isize::MAX)
    }

    /// The cost in US dollars as decimal text, for `BigDecimal`.
    fn cost(&self) -> Option<String> {
        self.0.cost.as_ref().map(ToString::to_string)
    }

    /// Each an Array of Floats, frozen.
    fn vectors(ruby: &Ruby, this: &Self) -> Result<RArray, Error> {
        let vectors = ruby.ary_new();
        for numbers in this.0.vectors.iter() {
            let vector = ruby.ary_new_capa(numbers.len());
            numbers.iter().try_for_each(|number| vector.push(*number))?;
            vector.freeze();
            vectors.push(vector)?;
        }
        vectors.freeze();
        Ok(vectors)
    }

    fn tokens(&self) -> Tokens {
        tokens(self.0.usage)
    }
}

impl Drop for NativeCompletion {
    fn drop(&mut self) {
        if let Ok(ruby) = Ruby::get() {
            ruby.gc_adjust_memory_usage(-self.weight());
        }
    }
}
