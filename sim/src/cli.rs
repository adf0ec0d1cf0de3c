//! What was asked for, and the answers that need no file.

use serde_json::Value;
use sim::{DOMAINS, Entry, Field, Kind, Mode, Paper, SearchOptions, StartSearch, engine, engines};
use std::fmt::Write;

/// Most bytes read of a scenario; one more than the engines accept, so that they can say so.
pub(crate) const READ_BYTES_MAX: u64 = 256 * 1024 + 1;

/// States that `explore` visits unless told otherwise.
const LIMIT_DEFAULT: u32 = 2_000_000;

/// What every way to ask looks like.
pub(crate) const HELP: &str = "\
sim: the engines of the course on the command line

sim list                     every engine: id and title
sim show ID                  what an engine does, its settings and its example
sim run ID [--scenario FILE|-] [--format text|json] [--metrics-only] [-l LIST] [-i TICKS]
                             runs a scenario; without one, the engine's example; -l gives it
                             other work, as the simulators of OSTEP take it (`sim show ID`)
sim explore ID [--scenario FILE|-] [--limit N] [--reduce] [--format text|json]
                             walks every schedule, up to N states; with --reduce, in large
                             programs only those states that decide verdict and outcomes
sim paper ID SEED [--answers]
                             a problem for pen and paper, without or with its answers
sim bench                    speed of this build: one `name value unit` a line

FILE is a scenario, or a named scenario with `scenario` inside; - is standard input.
A wrong command line or a scenario with faults ends with status 2.
";

/// Why the command line is wrong, or the scenario.
pub(crate) struct Usage(pub(crate) String);

pub(crate) enum Command {
    Help,
    List,
    Bench,
    Show(&'static Entry),
    Run(Run),
    Paper {
        entry: &'static Entry,
        paper: Paper,
        seed: u64,
        with_answers: bool,
    },
    Explore {
        entry: &'static Entry,
        search: StartSearch,
        scenario: Option<String>,
        options: SearchOptions,
        format: Format,
    },
}

pub(crate) struct Run {
    pub(crate) entry: &'static Entry,
    /// Path, `-` for standard input, or nothing for the example.
    pub(crate) scenario: Option<String>,
    pub(crate) format: Format,
    pub(crate) mode: Mode,
    /// The field that is given as one line, and the line.
    pub(crate) list: Option<(&'static str, String)>,
}

#[derive(Clone, Copy)]
pub(crate) enum Format {
    Text,
    Json,
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(args: &[String]) -> Result<Command, Usage> {
    let mut words = args.iter().map(String::as_str);
    let Some(verb) = words.next() else { return Err(Usage(HELP.to_owned())) };
    let rest: Vec<&str> = words.collect();
    if rest.iter().any(|it| ["-h", "--help"].contains(it)) {
        return Ok(Command::Help);
    }
    match (verb, rest.as_slice()) {
        ("help" | "-h" | "--help", []) => Ok(Command::Help),
        ("list", []) => Ok(Command::List),
        ("bench", []) => Ok(Command::Bench),
        ("show", [id]) => Ok(Command::Show(known(id)?)),
        ("run", [id, options @ ..]) => {
            let entry = known(id)?;
            let Options { scenario, format, mode, limit, reduce, list } = Options::read(options)?;
            let list = list.map(|it| Ok((listed(entry)?, it))).transpose()?;
            match (limit, reduce) {
                (Some(_), _) => Err(Usage("--limit belongs to explore".to_owned())),
                (None, true) => Err(Usage("--reduce belongs to explore".to_owned())),
                (None, false) => Ok(Command::Run(Run { entry, scenario, format, mode, list })),
            }
        }
        ("explore", [id, options @ ..]) => {
            let entry = known(id)?;
            let Some(search) = entry.search else { return Err(no_choices(entry)) };
            let Options { scenario, format, mode, limit, reduce, list } = Options::read(options)?;
            if list.is_some() {
                return Err(Usage("-l and -i belong to run".to_owned()));
            }
            match mode {
                Mode::MetricsOnly => Err(Usage("--metrics-only belongs to run".to_owned())),
                Mode::Frames => {
                    let states_max = limit.unwrap_or(LIMIT_DEFAULT);
                    let options = SearchOptions { states_max, reduce, after_picks: false };
                    Ok(Command::Explore { entry, search, scenario, options, format })
                }
            }
        }
        ("paper", [id, seed, options @ ..]) => {
            let entry = known(id)?;
            let Some(paper) = entry.paper else { return Err(no_paper(entry)) };
            let seed = seed.parse().map_err(|_| Usage(format!("{seed} is no seed: a number")))?;
            let with_answers = match options {
                [] => false,
                ["--answers"] => true,
                _ => return Err(Usage(format!("{} is not understood", options.join(" ")))),
            };
            Ok(Command::Paper { entry, paper, seed, with_answers })
        }
        ("paper", _) => Err(Usage("paper needs an id and a seed".to_owned())),
        ("show" | "run" | "explore", []) => Err(Usage(format!("{verb} needs an id; {}", ids()))),
        _ => Err(Usage(format!("{} is not understood\n\n{HELP}", args.join(" ")))),
    }
}

struct Options {
    scenario: Option<String>,
    format: Format,
    mode: Mode,
    limit: Option<u32>,
    reduce: bool,
    /// What `-l` and `-i` say, as one line.
    list: Option<String>,
}

impl Options {
    fn read(words: &[&str]) -> Result<Self, Usage> {
        let mut options = Self {
            scenario: None,
            format: Format::Text,
            mode: Mode::Frames,
            limit: None,
            reduce: false,
            list: None,
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            let mut value = |what: &str| {
                inline.or_else(|| words.next()).ok_or_else(|| Usage(format!("{name} needs {what}")))
            };
            match name {
                "--scenario" => options.scenario = Some(value("a file, or -")?.to_owned()),
                "--metrics-only" if inline.is_none() => options.mode = Mode::MetricsOnly,
                "--reduce" if inline.is_none() => options.reduce = true,
                "--format" => {
                    options.format = match value("text or json")? {
                        "text" => Format::Text,
                        "json" => Format::Json,
                        other => return Err(Usage(format!("--format {other}: text or json"))),
                    }
                }
                "--limit" => {
                    let given = value("a number of states")?;
                    let limit = given.parse().ok().filter(|&it| 0 < it);
                    let why = || Usage(format!("--limit {given}: a number from 1 to {}", u32::MAX));
                    options.limit = Some(limit.ok_or_else(why)?);
                }
                "-l" | "-i" => {
                    let given = value("a value")?;
                    let line = options.list.get_or_insert_default();
                    line.push_str(&format!(" {name} {given}"));
                }
                _ => return Err(Usage(format!("{word} is not an option\n\n{HELP}"))),
            }
        }
        Ok(options)
    }
}

fn known(id: &str) -> Result<&'static Entry, Usage> {
    engine(id).ok_or_else(|| Usage(format!("there is no engine {id}; {}", ids())))
}

fn ids() -> String {
    let ids: Vec<&str> = engines().map(|it| it.meta.id).collect();
    format!("the engines are {}", ids.join(", "))
}

fn no_choices(entry: &Entry) -> Usage {
    let machines: Vec<&str> =
        engines().filter(|it| it.explore.is_some()).map(|it| it.meta.id).collect();
    let id = entry.meta.id;
    Usage(format!("{id} has no choices to explore; these have: {}", machines.join(", ")))
}

/// The field of an engine that `-l` sets.
fn listed(entry: &Entry) -> Result<&'static str, Usage> {
    let field = entry.form.iter().find(|it| it.notation.is_some());
    let why = || Usage(format!("{} takes no -l: give it a scenario", entry.meta.id));
    field.map(|it| it.key).ok_or_else(why)
}

fn no_paper(entry: &Entry) -> Usage {
    let drawn: Vec<&str> = engines().filter(|it| it.paper.is_some()).map(|it| it.meta.id).collect();
    let id = entry.meta.id;
    Usage(format!("{id} draws no problems; these do: {}", drawn.join(", ")))
}

/// A named scenario stands for the scenario inside it; no engine has a setting of that name.
pub(crate) fn unwrapped(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.contains_key("scenario") => {
            object.remove("scenario").unwrap_or_default()
        }
        other => other,
    }
}

/// Every engine by domain.
pub(crate) fn list() -> String {
    let mut out = String::new();
    for domain in DOMAINS {
        for entry in domain.engines() {
            let explored = if entry.explore.is_some() { " (explore)" } else { "" };
            let _ = writeln!(out, "{:<24} {}{explored}", entry.meta.id, entry.meta.title);
        }
    }
    out
}

/// What an engine does and what may be set.
pub(crate) fn show(entry: &Entry) -> String {
    let meta = entry.meta;
    let mut out = format!("{} ({})\n{}\n{}\n", meta.title, meta.id, meta.summary, meta.look_for);
    let _ = writeln!(out, "Source: {}\n\nSettings", meta.source);
    fields(entry.form, 1, &mut out);
    let _ = writeln!(out, "\nExample\n{}", entry.example.trim());
    out
}

fn fields(form: &[Field], depth: usize, out: &mut String) {
    for field in form.iter().filter(|it| !it.hidden) {
        let unit = if field.unit.is_empty() { "" } else { " " };
        let gap = "  ".repeat(depth);
        let _ = write!(out, "{gap}{}: {}{unit}{}", field.key, values(field), field.unit);
        let _ = match field.preset_value(0) {
            None => writeln!(out, ", required"),
            Some(Value::Null) => writeln!(out, ", may be left out"),
            Some(preset) => writeln!(out, ", else {preset}"),
        };
        if !field.help.is_empty() {
            let _ = writeln!(out, "{gap}    {}", field.help);
        }
        if let Some(notation) = field.notation {
            let _ = writeln!(
                out,
                "{gap}    Or as one line, such as {:?}. {}",
                notation.example, notation.help
            );
        }
        if let Kind::Rows { columns, .. } = field.kind {
            fields(columns, depth + 1, out);
        }
    }
}

fn values(field: &Field) -> String {
    match field.kind {
        Kind::Int { min, max } => format!("{min} to {max}"),
        Kind::Choice(choices) => {
            choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" | ")
        }
        Kind::Flag => "true | false".to_owned(),
        Kind::Text { max_chars } => format!("a text of up to {max_chars} characters"),
        Kind::Name { max_chars } => format!("a name of up to {max_chars} characters"),
        Kind::Code { max_chars } => format!("a program of up to {max_chars} characters"),
        Kind::Ints { min, max, len_min, len_max, .. } => {
            format!("{len_min} to {len_max} numbers from {min} to {max}")
        }
        Kind::Rows { len_min, len_max, .. } => format!("{len_min} to {len_max} rows of"),
    }
}
