//! Laws of async functions: the same as running them directly, and nothing is kept that is not needed.

use super::async_lang::{Does, Function, Slots, bit};
use super::async_parse::parse;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run_with(source: &str, set: &[(&str, Value)]) -> Result<Run, crate::ScenarioError> {
    let mut scenario = json!({"source": source});
    for (key, value) in set {
        scenario[*key] = value.clone();
    }
    engine("patterns/async_await").unwrap().run(&scenario, Mode::Frames)
}

fn run(source: &str) -> Run {
    run_with(source, &[]).unwrap_or_else(|it| panic!("{it}\n{source}"))
}

fn metric(run: &Run, key: &str) -> f64 {
    run.metric(key).unwrap()
}

/// When each task has printed what.
fn printed(run: &Run) -> Vec<Vec<(u64, i32)>> {
    let mut all = vec![Vec::new(); 6];
    for step in (0..run.len()).filter_map(|it| run.step(it)).filter(|it| it.tag == "print") {
        let words: Vec<&str> = step.say.trim_end_matches('.').split(' ').collect();
        let task: usize = words[0][1..].parse().unwrap();
        all[task - 1].push((step.time, words[2].trim_end_matches(',').parse().unwrap()));
    }
    all
}

/// What a test program is made of; variables are numbered.
enum Expr {
    Number(i32),
    Variable(usize),
    Shared,
    Two(&'static str, Box<Expr>, Box<Expr>),
    Await(Box<Future>),
}

enum Future {
    Fetch(Expr, u64),
    Sleep(u64),
    Yield,
    Ready(Expr),
    Call(usize, Expr),
}

enum Stmt {
    Set(usize, Expr),
    SetShared(Expr),
    Print(Expr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// So many rounds, counted by a variable of its own.
    Repeat(usize, i32, Vec<Stmt>),
    Return(Expr),
}

const N_VARIABLES: usize = 3;
const SIGNS: [&str; 8] = ["+", "-", "*", "<", "==", "!=", "&&", "||"];

struct Maker {
    rng: Rng,
    function: usize,
    n_repeats: usize,
    left: u64,
    shares: bool,
}

impl Maker {
    fn pick(&mut self, n: u64) -> usize {
        usize::try_from(self.rng.below(n)).unwrap()
    }

    fn expr(&mut self, depth: u32) -> Expr {
        match if depth == 0 { self.pick(2) } else { self.pick(7) } {
            0 => Expr::Number(i32::try_from(self.rng.below(9)).unwrap()),
            1 | 2 => Expr::Variable(self.pick(N_VARIABLES as u64)),
            3 if self.shares => Expr::Shared,
            3..=5 => {
                let sign = SIGNS[self.pick(8)];
                Expr::Two(sign, Box::new(self.expr(depth - 1)), Box::new(self.expr(depth - 1)))
            }
            _ if self.left == 0 => Expr::Number(7),
            _ => {
                self.left -= 1;
                let ms = self.rng.below(6);
                Expr::Await(Box::new(match self.pick(6) {
                    0 => Future::Sleep(ms),
                    1 => Future::Yield,
                    2 => Future::Ready(self.expr(1)),
                    3 if 0 < self.function => {
                        let to = self.pick(self.function as u64);
                        Future::Call(to, self.expr(1))
                    }
                    _ => Future::Fetch(self.expr(1), ms),
                }))
            }
        }
    }

    fn body(&mut self, depth: u32) -> Vec<Stmt> {
        (0..self.rng.between(1, 4)).map(|_| self.stmt(depth)).collect()
    }

    fn stmt(&mut self, depth: u32) -> Stmt {
        match if depth == 0 { self.pick(5) } else { self.pick(8) } {
            0 | 1 => Stmt::Print(self.expr(2)),
            2 if self.shares => Stmt::SetShared(self.expr(2)),
            2..=4 => Stmt::Set(self.pick(N_VARIABLES as u64), self.expr(2)),
            5 => Stmt::If(self.expr(2), self.body(depth - 1), self.body(depth - 1)),
            6 => {
                self.n_repeats += 1;
                let (name, rounds) = (self.n_repeats, i32::try_from(self.rng.below(3)).unwrap());
                Stmt::Repeat(name, rounds, self.body(depth - 1))
            }
            _ => Stmt::Return(self.expr(1)),
        }
    }
}

fn text_of(expr: &Expr) -> String {
    match expr {
        Expr::Number(number) => number.to_string(),
        Expr::Variable(at) => format!("v{at}"),
        Expr::Shared => "s".to_owned(),
        Expr::Two(sign, left, right) => format!("({} {sign} {})", text_of(left), text_of(right)),
        Expr::Await(future) => match &**future {
            Future::Fetch(value, ms) => format!("fetch({}, {ms}).await", text_of(value)),
            Future::Sleep(ms) => format!("sleep({ms}).await"),
            Future::Yield => "yield_now().await".to_owned(),
            Future::Ready(value) => format!("ready({}).await", text_of(value)),
            Future::Call(to, arg) => format!("f{to}({}).await", text_of(arg)),
        },
    }
}

fn text(body: &[Stmt]) -> String {
    let one = |it: &Stmt| match it {
        Stmt::Set(at, value) => format!("v{at} = {};\n", text_of(value)),
        Stmt::SetShared(value) => format!("s = {};\n", text_of(value)),
        Stmt::Print(value) => format!("print({});\n", text_of(value)),
        Stmt::If(test, yes, no) => {
            format!("if {} {{\n{}}} else {{\n{}}}\n", text_of(test), text(yes), text(no))
        }
        Stmt::Repeat(name, rounds, body) => format!(
            "let r{name} = {rounds};\nwhile 0 < r{name} {{\nr{name} = r{name} - 1;\n{}}}\n",
            text(body)
        ),
        Stmt::Return(value) => format!("return {};\n", text_of(value)),
    };
    body.iter().map(one).collect()
}

/// Runs a program as it is written, with waits that block.
struct Direct<'a> {
    functions: &'a [Vec<Stmt>],
    now: u64,
    shared: i32,
    printed: Vec<(u64, i32)>,
}

impl Direct<'_> {
    fn expr(&mut self, expr: &Expr, own: &mut [i32]) -> i32 {
        match expr {
            Expr::Number(number) => *number,
            Expr::Variable(at) => own[*at],
            Expr::Shared => self.shared,
            Expr::Two("&&", left, right) => {
                i32::from(self.expr(left, own) != 0 && self.expr(right, own) != 0)
            }
            Expr::Two("||", left, right) => {
                i32::from(self.expr(left, own) != 0 || self.expr(right, own) != 0)
            }
            Expr::Two(sign, left, right) => {
                let (left, right) = (self.expr(left, own), self.expr(right, own));
                match *sign {
                    "+" => left.wrapping_add(right),
                    "-" => left.wrapping_sub(right),
                    "*" => left.wrapping_mul(right),
                    "<" => i32::from(left < right),
                    "==" => i32::from(left == right),
                    _ => i32::from(left != right),
                }
            }
            Expr::Await(future) => match &**future {
                Future::Fetch(value, ms) => {
                    let value = self.expr(value, own);
                    self.now += ms;
                    value
                }
                Future::Sleep(ms) => {
                    self.now += ms;
                    0
                }
                Future::Yield => 0,
                Future::Ready(value) => self.expr(value, own),
                Future::Call(to, arg) => {
                    let arg = self.expr(arg, own);
                    self.call(*to, arg)
                }
            },
        }
    }

    fn call(&mut self, function: usize, arg: i32) -> i32 {
        let mut own = [arg, 0, 0];
        let functions = self.functions;
        self.body(&functions[function], &mut own).unwrap_or(0)
    }

    fn body(&mut self, body: &[Stmt], own: &mut [i32; N_VARIABLES]) -> Option<i32> {
        for stmt in body {
            match stmt {
                Stmt::Set(at, value) => own[*at] = self.expr(value, own),
                Stmt::SetShared(value) => self.shared = self.expr(value, own),
                Stmt::Print(value) => {
                    let value = self.expr(value, own);
                    self.printed.push((self.now, value));
                }
                Stmt::If(test, yes, no) => {
                    let way = if self.expr(test, own) != 0 { yes } else { no };
                    if let Some(value) = self.body(way, own) {
                        return Some(value);
                    }
                }
                Stmt::Repeat(_, rounds, body) => {
                    for _ in 0..*rounds {
                        if let Some(value) = self.body(body, own) {
                            return Some(value);
                        }
                    }
                }
                Stmt::Return(value) => return Some(self.expr(value, own)),
            }
        }
        None
    }
}

/// Three functions, of which each may await those before it.
fn program(seed: u64, shares: bool) -> (Vec<Vec<Stmt>>, String) {
    let (n_repeats, left) = (0, 0);
    let mut maker = Maker { rng: Rng::new(seed), function: 0, n_repeats, left, shares };
    let mut functions = Vec::new();
    let mut source = "static s = 5;\n".to_owned();
    for function in 0..3 {
        (maker.function, maker.left) = (function, 5);
        let body = maker.body(2);
        source.push_str(&format!(
            "async fn f{function}(v0) {{\nlet mut v1 = 0;\nlet mut v2 = 0;\n{}}}\n",
            text(&body)
        ));
        functions.push(body);
    }
    (functions, source)
}

#[test]
fn a_machine_prints_what_the_function_prints_when_it_is_run_directly() {
    let mut n_told = 0;
    for seed in 0..700 {
        let (functions, source) = program(seed, true);
        let source = format!("{source}fn main() {{ spawn(f2({})); }}", seed % 7);
        let Ok(run) = run_with(&source, &[]) else { continue };
        if metric(&run, "done") == 0.0 {
            continue; // it took more steps than are watched
        }
        let mut direct = Direct { functions: &functions, now: 0, shared: 5, printed: Vec::new() };
        direct.call(2, i32::try_from(seed % 7).unwrap());
        assert_eq!(printed(&run)[0], direct.printed, "{seed}\n{source}");
        assert_eq!(metric(&run, "end_ms"), direct.now as f64, "{seed}\n{source}");
        assert_eq!(metric(&run, "shared.s"), f64::from(direct.shared), "{seed}\n{source}");
        n_told += usize::from(1 < direct.printed.len());
    }
    assert!(60 < n_told, "{n_told} programs print something");
}

#[test]
fn tasks_that_share_nothing_do_not_notice_each_other() {
    for seed in 0..200 {
        let (functions, source) = program(1_000 + seed, false);
        let source = format!("{source}fn main() {{ spawn(f2(1)); spawn(f1(2)); spawn(f2(3)); }}");
        let Ok(run) = run_with(&source, &[]) else { continue };
        if metric(&run, "done") < 3.0 {
            continue;
        }
        for (task, (function, arg)) in [(2, 1), (1, 2), (2, 3)].into_iter().enumerate() {
            let mut direct =
                Direct { functions: &functions, now: 0, shared: 5, printed: Vec::new() };
            direct.call(function, arg);
            assert_eq!(printed(&run)[task], direct.printed, "{seed}\n{source}");
        }
    }
}

#[test]
fn a_stack_that_is_kept_whole_gives_the_same_run() {
    for seed in 0..200 {
        let (_, source) = program(2_000 + seed, true);
        let source = format!("{source}fn main() {{ spawn(f2(1)); spawn(f1(2)); spawn(f2(3)); }}");
        let Ok(machines) = run_with(&source, &[]) else { continue };
        let stacks = run_with(&source, &[("tasks", json!("stacks"))]).unwrap();
        assert_eq!(printed(&machines), printed(&stacks), "{seed}\n{source}");
        assert_eq!(machines.n_steps, stacks.n_steps);
    }
}

/// Whether a way through the function reads a slot before it is set anew.
fn is_read(function: &Function, from: usize, slot: Slots, seen: &mut Vec<usize>) -> bool {
    let Some(op) = function.ops.get(from).filter(|_| !seen.contains(&from)) else { return false };
    seen.push(from);
    if op.does.reads() & slot != 0 {
        return true;
    }
    if op.does.sets().is_some_and(|it| bit(it) == slot) {
        return false;
    }
    match op.does {
        Does::Return(_) => false,
        Does::Jump(to) => is_read(function, to, slot, seen),
        Does::Unless(_, to) => {
            is_read(function, to, slot, seen) || is_read(function, from + 1, slot, seen)
        }
        _ => is_read(function, from + 1, slot, seen),
    }
}

#[test]
fn kept_is_what_some_way_through_the_rest_reads() {
    let mut n_stops = 0;
    for seed in 0..200 {
        let (_, source) = program(3_000 + seed, true);
        let Ok(program) = parse(&format!("{source}fn main() {{ spawn(f2(1)); }}"), 1) else {
            continue;
        };
        for function in &program.functions {
            for stop in &function.stops {
                let result = function.ops[stop.op].does.sets();
                for slot in 0..function.slots.len() {
                    let used = is_read(function, stop.op + 1, bit(slot), &mut Vec::new());
                    let kept = used && result != Some(slot);
                    assert_eq!(stop.kept & bit(slot) != 0, kept, "{source}");
                    n_stops += 1;
                }
            }
        }
    }
    assert!(1_000 < n_stops);
}

const FORGETFUL: &str = "async fn f(ms) { forgetful(ms).await; print(1); }\n\
                         async fn g() { sleep(30).await; print(2); }\n\
                         fn main() { spawn(f(10)); spawn(g()); }";

#[test]
fn who_forgets_his_waker_sleeps_for_ever() {
    let forgotten = run(FORGETFUL);
    assert_eq!(metric(&forgotten, "sleeps"), 1.0);
    assert_eq!(metric(&forgotten, "printed"), 1.0);
    let last = forgotten.step(usize::MAX).unwrap();
    assert_eq!((last.tag, last.time), ("stuck", 30));
    // An executor that asks all in turns needs no waker, and pays for it.
    let asked = run_with(FORGETFUL, &[("executor", json!("turns"))]).unwrap();
    assert_eq!((metric(&asked, "sleeps"), metric(&asked, "printed")), (0.0, 2.0));
    assert_eq!(metric(&asked, "polls"), 11.0 + 31.0);
    assert_eq!(metric(&asked, "polls_empty"), 9.0 + 29.0);
}

#[test]
fn a_task_that_waits_is_polled_once_for_each_answer() {
    let source = "async fn f(ms) { let a = fetch(1, ms).await; fetch(2, ms).await; print(a); }\n\
                  fn main() { spawn(f(900)); spawn(f(1)); }";
    let run = run_with(source, &[("until_ms", json!(5_000))]).unwrap();
    assert_eq!((metric(&run, "polls"), metric(&run, "polls_empty")), (6.0, 0.0));
}

/// Question `async_across`: both have read 100 before they wait.
#[test]
fn an_update_across_an_await_is_lost() {
    let source = |line: &str| {
        format!(
            "static balance = 100;\nasync fn f(ms) {{ {line} }}\n\
             fn main() {{ spawn(f(5)); spawn(f(8)); }}"
        )
    };
    let lost = run(&source("balance = balance + fetch(10, ms).await;"));
    assert_eq!(metric(&lost, "shared.balance"), 110.0);
    let first = run(&source("let price = fetch(10, ms).await; balance = balance + price;"));
    assert_eq!(metric(&first, "shared.balance"), 120.0);
}

/// `std::mem::size_of_val` of Rust 1.95 on futures whose leaf holds one flag.
#[test]
fn buffers_are_as_large_as_in_rust() {
    let source = "async fn buf() { let b = [1; 1024]; sleep(1).await; return b[3]; }\n\
                  async fn caller() { return buf().await; }\n\
                  async fn early() { let b = [1; 1024]; print(b[1]); sleep(1).await; }\n\
                  async fn outer() { early().await; }\n\
                  async fn nothing() { }\n\
                  fn main() { spawn(caller()); }";
    let run = run(source);
    for (name, bytes) in
        [("buf", 1026.0), ("caller", 1027.0), ("early", 2.0), ("outer", 3.0), ("nothing", 1.0)]
    {
        assert_eq!(metric(&run, &format!("machine_bytes.{name}")), bytes, "{name}");
    }
}

#[test]
fn a_long_poll_delays_the_others() {
    let source = "async fn f() { sleep(5).await; work(40); print(1); }\n\
                  async fn g() { sleep(10).await; print(2); }\n\
                  fn main() { spawn(f()); spawn(g()); }";
    assert_eq!(printed(&run(source))[1], [(45, 2)]);
}

#[test]
fn loops_without_an_end_are_left() {
    let source = |body: &str| format!("async fn f() {{ {body} }}\nfn main() {{ spawn(f()); }}");
    for (body, tag) in [
        ("while 1 { }", "spins"),
        ("while 1 { ready(1).await; }", "cut"),
        ("while 1 { yield_now().await; }", "cut"),
        ("while 1 { sleep(400).await; }", "cut"),
        ("while 1 { work(400); }", "cut"),
        ("print(1 / 0);", "end"),
    ] {
        assert_eq!(run(&source(body)).step(usize::MAX).unwrap().tag, tag, "{body}");
    }
}

#[test]
fn faults_are_told_where_they_are() {
    let main = "fn main() { spawn(f(1)); }";
    for (source, why) in [
        (
            "async fn f(a) { sleep(a); }",
            "line 1, column 17: without `.await` this future is never polled",
        ),
        (
            "async fn f(a) { g(a).await; }\nasync fn g(a) { f(a).await; }",
            "awaits itself in the end",
        ),
        ("async fn f(a) { b = 1; }", "column 17: there is no variable `b`"),
        ("async fn f(a) { let b = [0; 9]; print(b); }", "`b[0]` is its first byte"),
        ("async fn f(a) { print(a[0]); }", "`a` is a number"),
        ("async fn f(a) { h(a).await; }", "expected an async function"),
        ("async fn f(a) { async fn g() { }", "expected"),
        ("fn f(a) { }", "expected `main`"),
        ("async fn sleep(a) { }", "`sleep` is there already"),
    ] {
        let told = run_with(&format!("{source}\n{main}"), &[]).unwrap_err().to_string();
        assert!(told.contains(why), "{source}: {told}");
    }
    assert!(run_with("", &[]).unwrap_err().to_string().contains("no task"));
}
