//! The small language of the threads: text to [`ast::Ast`]. Other programs share its statements:
//! [`statements`] reads those alone, and knows a text between quotation marks as a value.
//!
//! # Grammar
//! `{ x }` is any number of x, `[ x ]` one or none. A comment is `// …` or `/* … */`. A number is
//! decimal or `0x…`, up to 2147483647; arithmetic wraps at 32 bits.
//!
//! ```text
//! program   = { const | variable | struct | object | observe | init | function | thread }
//! const     = "const" NAME "=" number { "," NAME "=" number } ";"
//! variable  = "int" shared { "," shared } ";"
//! shared    = NAME [ length ] [ "=" ( number | "{" number { "," number } "}" ) ]
//! length    = "[" number "]"
//! struct    = "struct" NAME length "{" { "int" NAME { "," NAME } ";" } "}" ";"
//! object    = kind NAME [ length ] [ "=" number ] { "," NAME [ length ] [ "=" number ] } ";"
//! kind      = "mutex" | "semaphore" | "condition" | "rwlock" | "barrier"
//! observe   = "observe" NAME { "," NAME } ";"
//! init      = "init" block
//! function  = ( "void" | "int" ) NAME "(" [ parameter { "," parameter } ] ")" block
//! parameter = ( "int" [ "&" ] | kind ) NAME
//! thread    = "thread" NAME { "," NAME } block
//!           | "interrupt" NAME { "," NAME } "on" NAME block
//! block     = "{" { statement } "}"
//! statement = "int" local { "," local } ";" | change ";" | call ";" | block | ";"
//!           | "if" "(" expr ")" statement [ "else" statement ]
//!           | "while" "(" expr ")" statement
//!           | "do" statement "while" "(" expr ")" ";"
//!           | "for" "(" [ "int" local | change ] ";" [ expr ] ";" [ change ] ")" statement
//!           | "critical" block | "break" ";" | "continue" ";" | "return" [ expr ] ";"
//! local     = NAME [ "=" expr ]
//! change    = place ( "=" | "+=" | "-=" ) expr | place ( "++" | "--" )
//! place     = NAME [ "[" expr "]" ] { "->" NAME }
//! call      = NAME "(" [ expr { "," expr } ] ")"
//! expr      = the operators of C: || && | ^ & == != < <= > >= + - * / % ! - ( ) and ->
//! number    = [ "-" ] NUMBER | the NAME of a const
//! ```
//!
//! # Meaning
//! *Steps.* Each load of a shared variable is one step, and so is each store. Arithmetic whose
//! result is stored is one step before it, so that `counter++` is three. Arithmetic within a
//! condition, an index or a local assignment belongs to that step. A test is a step. `&&` and `||`
//! stop early. Every operation below is one step, and `cond_wait` two: to sleep, and to take the
//! mutex again.
//!
//! *Names.* `self` is the number of the thread, from 0 in the order of the text. A name means one
//! thing: a local may not hide anything. Variables and arrays start at 0 unless they say otherwise.
//! `observe` names the variables that an outcome tells; without it, it tells all. `init` runs
//! before any thread starts, and is no step.
//!
//! *Functions* are put in where they are called; none may call itself. `int` parameters are copied,
//! one step each, unless the value is known beforehand; an `int &` is the variable itself, and a
//! `mutex` the mutex itself.
//!
//! *Mutexes*: `lock(m)`, `unlock(m)` by the owner only, `trylock(m)` gives 1 if it locked. Whoever
//! can take a free mutex may take it. *Semaphores*: `wait(s)`, `post(s)`, `trywait(s)`; declared
//! with a first count, else 0. *Read-write locks*: `read_lock(l)`, `write_lock(l)`, `unlock(l)`;
//! they prefer nobody and do not nest. *Barriers*: `arrive(b)` sleeps until as many threads are
//! there as the declaration says.
//!
//! *Conditions*: `cond_wait(c, m)`, `signal(c)`, `broadcast(c)`. Queues are first come first
//! served. With Mesa signals, the woken thread takes the mutex when it can. With Hoare signals, it
//! gets the mutex at once, and the thread that signalled gets it back when it is released.
//!
//! *Futexes*: `futex_wait(x, value)` sleeps if x holds the value, and gives 0 after a sleep and 1
//! without; `futex_wake(x, n)` wakes up to n sleepers and gives their number.
//!
//! *Atomics*: `load(x)`, `store(x, v)`, `exchange(x, v)`, `fetch_add(x, v)`, `cas(x, old, new)`,
//! which gives 1 if it stored. Each takes a memory order as its last argument: `relaxed`,
//! `acquire`, `release`, `acq_rel` or `seq_cst`, which it has without one. `fence()` or
//! `fence(order)` orders what stands around it. The orders matter for data races; with store
//! buffers, a `relaxed` or `release` store waits in the buffer, and only a `seq_cst` fence waits
//! until the buffer is empty.
//!
//! *Memory*: `struct Node[3] { int value, next; };` says that up to three may be allocated at once.
//! `malloc(Node)` gives the lowest free address from 1, or 0 if there is none; `free(p)` gives it
//! back; `p->value` is a field. Fields of different structs have different names.
//!
//! *Interrupts*: `interrupt H on A { }` is a handler that comes once, at any time when A's CPU
//! takes interrupts; until it ends, A stands still. `disable_interrupts()` and
//! `enable_interrupts()` act on the CPU of the thread that calls them.
//!
//! *Marks*: `critical { }` is a section in which only one thread may be; `assert(e)` must hold;
//! `yield()` does nothing, for one step. A loop `while (1)` without `break` is meant to run for
//! ever: each round of it is progress.
//!
//! # Limits
//! 8 threads, 64 words of shared variables and fields, 32 mutexes and the like, 16 structs, 24
//! locals and temporaries a thread, 512 steps of text a thread, 24 levels of nesting, 8 of calls.

pub(crate) mod ast;
mod body;
mod expr;
mod parse;

pub(crate) use parse::{parse, statements};
