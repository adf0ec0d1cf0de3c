//! Shared names, and where their values stand in a state.

use super::calls::is_builtin;
use super::code::{
    BUFFER_MAX, LOCKS_MAX, Layout, Memory, Program, SHARED_WORDS_MAX, Shared, THREADS_MAX,
};
use crate::sync::lang::ast::Ast;
use crate::sync::lang::{Faults, Place};

/// Notes every shared name, and what is wrong with it.
pub(super) fn declare(ast: &Ast, program: &mut Program, faults: &mut Faults) {
    let start = Place { line: 1, column: 1 };
    let mut names: Vec<&str> = Vec::new();
    let shared = ast.shared.iter().map(|it| &it.name);
    let semaphores = ast.semaphores.iter().map(|it| &it.0);
    let threads = ast.threads.iter().map(|it| &it.name);
    for name in shared.chain(&ast.mutexes).chain(semaphores).chain(threads) {
        if names.contains(&name.text.as_str()) {
            faults.add(name.at, format!("the name `{}` is used twice", name.text));
        }
        if is_builtin(&name.text) {
            faults.add(name.at, format!("`{}` is the name of an operation", name.text));
        }
        names.push(&name.text);
    }
    let mut n_words = 0;
    for shared in &ast.shared {
        let len = shared.len.map_or(1, |it| it as usize);
        if SHARED_WORDS_MAX < len || SHARED_WORDS_MAX < n_words + len {
            let why = format!("the shared variables hold more than {SHARED_WORDS_MAX} values");
            faults.add(shared.name.at, why);
            break;
        }
        let mut values = shared.values.clone();
        values.resize(len, 0);
        let (name, array) = (shared.name.text.clone(), shared.len.is_some());
        program.shared.push(Shared { name, base: n_words, len, array, values });
        n_words += len;
    }
    for (what, count, max) in [
        ("mutexes", ast.mutexes.len(), LOCKS_MAX),
        ("semaphores", ast.semaphores.len(), LOCKS_MAX),
        ("threads", ast.threads.len(), THREADS_MAX),
    ] {
        if max < count {
            faults.add(start, format!("{count} {what} are more than {max}"));
        }
    }
    if ast.threads.is_empty() {
        faults.add(start, "expected a thread, such as `thread A { }`".to_owned());
    }
    program.mutexes = ast.mutexes.iter().take(LOCKS_MAX).map(|it| it.text.clone()).collect();
    for (name, count) in ast.semaphores.iter().take(LOCKS_MAX) {
        if *count < 0 {
            faults.add(name.at, format!("a semaphore cannot start at {count}"));
        }
        program.semaphores.push((name.text.clone(), *count));
    }
    observe(ast, program, faults);
}

fn observe(ast: &Ast, program: &mut Program, faults: &mut Faults) {
    for name in &ast.observed {
        match program.shared.iter().position(|it| it.name == name.text) {
            Some(number) => program.observed.push(number),
            None => faults.add(name.at, format!("no shared variable is called `{}`", name.text)),
        }
    }
    if ast.observed.is_empty() {
        program.observed = (0..program.shared.len()).collect();
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
    len += program.shared.iter().map(|it| it.len).sum::<usize>();
    layout.mutexes = len;
    len += program.mutexes.len();
    layout.semaphores = len;
    len += program.semaphores.len();
    if program.memory == Memory::StoreBuffers {
        for _ in &program.threads {
            layout.buffers.push(len);
            len += 1 + 2 * BUFFER_MAX;
        }
    }
    layout.len = len;
    layout
}
