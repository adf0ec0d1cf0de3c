//! Shared names, and where their values stand in a state.

use super::calls::is_builtin;
use super::code::{
    BUFFER_MAX, HEAP_MAX, Layout, Memory, OBJECTS_MAX, Object, Pool, Program, SHARED_WORDS_MAX,
    Shared, THREADS_MAX,
};
use super::race;
use crate::lang::ast::{self, Ast, Kind, Name};
use crate::text::{Faults, Place};

const START: Place = Place { line: 1, column: 1 };

/// Notes every shared name, and what is wrong with it.
pub(super) fn declare(ast: &Ast, program: &mut Program, faults: &mut Faults) {
    names(ast, faults);
    variables(ast, program, faults);
    for pool in &ast.pools {
        declare_pool(pool, program, faults);
    }
    for object in &ast.objects {
        declare_object(object, program, faults);
    }
    if OBJECTS_MAX < program.objects.len() {
        let n = program.objects.len();
        let why = format!("{n} mutexes, semaphores and the like are more than {OBJECTS_MAX}");
        faults.add(START, why);
        program.objects.truncate(OBJECTS_MAX);
    }
    let n_threads = ast.threads.len();
    if THREADS_MAX < n_threads {
        faults.add(START, format!("{n_threads} threads are more than {THREADS_MAX}"));
    }
    if ast.threads.is_empty() {
        faults.add(START, "expected a thread, such as `thread A { }`".to_owned());
    }
    observe(ast, program, faults);
}

fn names(ast: &Ast, faults: &mut Faults) {
    let mut known: Vec<&str> = Vec::new();
    let mut declare = |name: &'_ Name, known: &mut Vec<&str>| {
        if known.contains(&name.text.as_str()) {
            faults.add(name.at, format!("the name `{}` is used twice", name.text));
        }
        if is_builtin(&name.text) {
            faults.add(name.at, format!("`{}` is the name of an operation", name.text));
        }
    };
    let shared = ast.shared.iter().map(|it| &it.name);
    let objects = ast.objects.iter().map(|it| &it.name);
    let pools = ast.pools.iter().map(|it| &it.name);
    let functions = ast.functions.iter().map(|it| &it.name);
    let threads = ast.threads.iter().map(|it| &it.name);
    let all = shared.chain(objects).chain(pools).chain(&ast.consts).chain(functions).chain(threads);
    for name in all {
        declare(name, &mut known);
        known.push(&name.text);
    }
    // A pointer does not say what it points to, so its fields must.
    let mut fields: Vec<&str> = Vec::new();
    for name in ast.pools.iter().flat_map(|it| &it.fields) {
        if fields.contains(&name.text.as_str()) {
            faults.add(name.at, format!("the field `{}` is used twice", name.text));
        }
        fields.push(&name.text);
    }
}

/// The words that are taken so far.
fn n_words(program: &Program) -> usize {
    program.shared.last().map_or(0, |it| it.base + it.len)
}

fn add_shared(name: &Name, shared: Shared, program: &mut Program, faults: &mut Faults) -> bool {
    if SHARED_WORDS_MAX < shared.len || SHARED_WORDS_MAX < shared.base + shared.len {
        let why = format!("the shared variables hold more than {SHARED_WORDS_MAX} values");
        faults.add(name.at, why);
        return false;
    }
    program.shared.push(shared);
    true
}

fn variables(ast: &Ast, program: &mut Program, faults: &mut Faults) {
    for variable in &ast.shared {
        let len = variable.len.map_or(1, |it| it as usize);
        let mut values = variable.values.clone();
        values.resize(len.min(SHARED_WORDS_MAX), 0);
        let (name, array) = (variable.name.text.clone(), variable.len.is_some());
        let base = n_words(program);
        let shared = Shared { name, base, len, array, values, address: None };
        if !add_shared(&variable.name, shared, program, faults) {
            break;
        }
    }
}

fn declare_pool(pool: &ast::Pool, program: &mut Program, faults: &mut Faults) {
    let first = program.pools.last().map_or(1, |it| it.first + it.len);
    let len = pool.len as usize;
    if HEAP_MAX < len || HEAP_MAX < first - 1 + len {
        let why = format!("more than {HEAP_MAX} structs can be allocated at once");
        return faults.add(pool.name.at, why);
    }
    let fields = program.shared.len();
    for field in &pool.fields {
        let (name, values) = (field.text.clone(), vec![0; len]);
        let base = n_words(program);
        let shared = Shared { name, base, len, array: true, values, address: Some(first) };
        if !add_shared(field, shared, program, faults) {
            break;
        }
    }
    let fields = (fields, program.shared.len());
    program.pools.push(Pool { name: pool.name.text.clone(), first, len, fields });
}

fn declare_object(object: &ast::Object, program: &mut Program, faults: &mut Faults) {
    let count = object.count.unwrap_or_default();
    match object.kind {
        Kind::Semaphore if count < 0 => {
            faults.add(object.name.at, format!("a semaphore cannot start at {count}"));
        }
        Kind::Barrier if count < 1 => {
            let name = &object.name.text;
            let why = format!(
                "a barrier needs the number of threads it waits for, such as `barrier {name} = 2`"
            );
            faults.add(object.name.at, why);
        }
        _ => {}
    }
    let name = &object.name.text;
    // One past the limit is enough to be refused.
    let len = object.len.map(|it| (it as usize).min(OBJECTS_MAX + 1));
    for at in 0..len.unwrap_or(1) {
        let name = if len.is_some() { format!("{name}[{at}]") } else { name.clone() };
        program.objects.push(Object { name, kind: object.kind, count });
    }
}

fn observe(ast: &Ast, program: &mut Program, faults: &mut Faults) {
    let plain = |it: &Shared| it.address.is_none();
    for name in &ast.observed {
        match program.shared.iter().position(|it| plain(it) && it.name == name.text) {
            Some(number) => program.observed.push(number),
            None => faults.add(name.at, format!("no shared variable is called `{}`", name.text)),
        }
    }
    if ast.observed.is_empty() {
        program.observed =
            (0..program.shared.len()).filter(|&it| plain(&program.shared[it])).collect();
    }
}

/// Gives everything its words.
pub(super) fn layout(program: &Program) -> Layout {
    let mut layout = Layout::default();
    let mut len = 1;
    for thread in &program.threads {
        layout.threads.push(len);
        len += 1 + thread.registers.len();
    }
    layout.memory = len;
    len += n_words(program);
    layout.objects = len;
    len += program.objects.len();
    layout.heap = len;
    len += usize::from(!program.pools.is_empty());
    if program.rules.memory == Memory::StoreBuffers {
        for thread in &program.threads {
            // A handler runs on the CPU of its thread and puts its stores into the same buffer.
            let of_host = thread.host.and_then(|it| layout.buffers.get(it).copied());
            layout.buffers.push(of_host.unwrap_or(len));
            if of_host.is_none() {
                len += 1 + 2 * BUFFER_MAX;
            }
        }
    }
    if program.uses.sleep {
        layout.sleep = Some(len);
        len += program.threads.len();
    }
    if program.uses.interrupts {
        layout.interrupts = Some(len);
        len += 1;
    }
    if program.rules.races {
        let seen = race::Seen::new(program, layout.memory, len);
        len += seen.n_words();
        layout.seen = Some(seen);
    }
    layout.len = len;
    layout
}

/// The shared part of a state as the declarations say it.
pub(super) fn first(program: &Program) -> Vec<i32> {
    let mut words: Vec<i32> = program.shared.iter().flat_map(|it| it.values.clone()).collect();
    for object in &program.objects {
        words.push(if object.kind == Kind::Semaphore { object.count } else { 0 });
    }
    if !program.pools.is_empty() {
        words.push(0);
    }
    words
}
