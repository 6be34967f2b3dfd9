//! What the tests share: a gateway that plays a script, and somebody who asks it.

mod caller;
mod gateway;
mod http;

pub(crate) use caller::{good_answer, messages, Caller, KEY};
pub(crate) use gateway::{Event, Gateway, Reply, Step};
pub(crate) use http::{answer, gzip, json, Asked};
