//! Processes and threads: how processes and threads are made, what they share, and how they end and talk.

mod access_check;
mod access_check_filter;
mod access_check_gates;
#[cfg(test)]
mod access_check_laws;
mod access_check_scene;
mod address_space;
#[cfg(test)]
mod address_space_laws;
mod address_space_layout;
mod address_space_run;
mod address_space_scene;
mod address_space_script;
mod clone_flags;
mod context_switch;
mod context_switch_cost;
#[cfg(test)]
mod context_switch_laws;
mod context_switch_scene;
mod fork_cow;
mod fork_threads;
mod fork_tree;
mod ipc_cost;
#[cfg(test)]
mod ipc_cost_laws;
mod ipc_cost_scene;
mod lifecycle;
mod message_queue;
mod namespaces;
#[cfg(test)]
mod namespaces_laws;
mod namespaces_scene;
mod namespaces_script;
mod namespaces_world;
mod pipe;
mod shared_memory;
mod signals;
#[cfg(test)]
mod signals_laws;
mod signals_run;
mod signals_say;
mod signals_scene;
mod signals_script;
mod thread_models;
#[cfg(test)]
mod thread_models_laws;
mod thread_models_say;
mod thread_models_scene;
mod thread_models_world;
mod thread_start;
mod thread_start_cpu;
#[cfg(test)]
mod thread_start_laws;
mod thread_start_scene;
mod tls;
#[cfg(test)]
mod tls_laws;
mod tls_layout;
mod tls_scene;
mod tls_script;

use crate::engine::Entry;

/// Made, shared, joined, ended.
pub(crate) const LIFE: &[Entry] = &[
    Entry::of::<lifecycle::Lifecycle>(),
    Entry::of_machine::<fork_tree::ForkTree>(),
    Entry::of_machine::<fork_threads::ForkThreads>(),
    Entry::of::<fork_cow::ForkCow>(),
    Entry::of::<clone_flags::CloneFlags>(),
    Entry::of::<pipe::Pipe>(),
    Entry::of::<message_queue::MessageQueue>(),
    Entry::of_machine::<shared_memory::SharedMemory>(),
];

/// What a process and a thread consist of, and what they may see and do.
pub(crate) const INSIDE: &[Entry] = &[
    Entry::of::<address_space::AddressSpace>(),
    Entry::of::<thread_models::ThreadModels>(),
    Entry::of::<context_switch::ContextSwitch>(),
    Entry::of::<thread_start::ThreadStart>(),
    Entry::of::<signals::Signals>(),
    Entry::of::<tls::Tls>(),
    Entry::of::<ipc_cost::IpcCost>(),
    Entry::of::<namespaces::Namespaces>(),
    Entry::of::<access_check::AccessCheck>(),
];
