//! Concurrency patterns: ways to divide work among tasks, and to join it again.

#[cfg(test)]
mod actor_laws;
mod actor_plan;
mod actor_run;
mod actor_say;
mod actor_scene;
mod async_expr;
mod async_lang;
#[cfg(test)]
mod async_laws;
mod async_parse;
mod async_run;
mod async_say;
mod async_scene;
#[cfg(test)]
mod choice_laws;
mod choice_scene;
mod choice_tree;
#[cfg(test)]
mod fiber_laws;
mod fiber_run;
mod fiber_say;
mod fiber_scene;
mod fiber_script;
#[cfg(test)]
mod future_laws;
mod future_plan;
mod go_expr;
mod go_lang;
#[cfg(test)]
mod go_laws;
mod go_parse;
mod go_scene;
mod go_state;
mod loop_jobs;
#[cfg(test)]
mod loop_laws;
mod loop_run;
mod loop_say;
mod loop_scene;
#[cfg(test)]
mod pool_laws;
mod pool_run;
mod pool_scene;
#[cfg(test)]
mod pressure_laws;
mod pressure_run;
mod pressure_scene;
mod script;
#[cfg(test)]
mod steal_laws;
mod steal_run;
mod steal_scene;

mod actors;
mod async_await;
mod backpressure;
mod channels;
mod choice;
mod event_loop;
mod fibers;
mod futures;
mod thread_pool;
mod work_stealing;

use crate::engine::Entry;

/// Tasks on few threads: loops, futures, coroutines and channels.
pub(crate) const TASKS: &[Entry] = &[
    Entry::of::<event_loop::EventLoop>(),
    Entry::of::<futures::Futures>(),
    Entry::of::<async_await::AsyncAwait>(),
    Entry::of::<fibers::Fibers>(),
    Entry::of_machine::<channels::Channels>(),
];

/// Work that is handed on: pools, pipelines, actors, and which of all to choose.
pub(crate) const WORK: &[Entry] = &[
    Entry::of::<thread_pool::ThreadPool>(),
    Entry::of::<work_stealing::WorkStealing>(),
    Entry::of::<backpressure::Backpressure>(),
    Entry::of::<actors::Actors>(),
    Entry::of::<choice::Choice>(),
];
