//! The gates of an access, in order, and what each of them looks at.

use super::access_check::{Rule, Scenario, Wants, Way};
use super::access_check_filter::{Data, Does, Op, Test, Verdict, error_name, holds, number};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Filter,
    Token,
    Mode,
    Capability,
    Policy,
}

impl Gate {
    pub(super) const ALL: [Self; 5] =
        [Self::Filter, Self::Token, Self::Mode, Self::Capability, Self::Policy];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Filter => "Filter (seccomp)",
            Self::Token => "Token",
            Self::Mode => "File mode (DAC)",
            Self::Capability => "Capability",
            Self::Policy => "Policy (MAC)",
        }
    }
}

/// Whose bits of the mode count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Owner,
    Group,
    Others,
}

/// What is seen after a check.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// Gates that have answered, and whether they said yes.
    pub(super) asked: Vec<(Gate, bool)>,
    /// The gate that is being asked.
    pub(super) at: Option<Gate>,
    /// The next instruction of the filter, and what is loaded.
    pub(super) next: Option<usize>,
    pub(super) loaded: u64,
    /// Whose bits count, once that is known.
    pub(super) class: Option<Class>,
    /// The rule that allows it, once it was looked for.
    pub(super) rule: Option<Option<usize>>,
    /// How it ended: an error, or the empty text if it is allowed.
    pub(super) ended: Option<String>,
}

/// A run.
pub(super) struct Runner<'a> {
    scenario: &'a Scenario,
    filter: &'a [Op],
    mode: u32,
    pub(super) state: State,
    pub(super) n_instructions: u64,
    time: u64,
}

type Ended = Result<(), ScenarioError>;

/// The call that is made.
pub(super) fn call(scenario: &Scenario) -> &'static str {
    match (scenario.way, scenario.wants) {
        (_, Wants::Execute) => "execve",
        (Way::Name, Wants::Read | Wants::Write) => "openat",
        (Way::Descriptor | Way::Forwarder, Wants::Read) => "read",
        (Way::Descriptor | Way::Forwarder, Wants::Write) => "write",
    }
}

/// What the filter sees: descriptors, flags and pointers, but nothing behind a pointer.
pub(super) fn data(scenario: &Scenario) -> Data {
    let args = match call(scenario) {
        // AT_FDCWD as 32 bits, a pointer to the name, O_RDONLY or O_WRONLY.
        "openat" => [0xffff_ff9c, 0x6010_2a40, u64::from(scenario.wants == Wants::Write)],
        "execve" => [0x6010_2a40, 0x6010_2b00, 0x6010_2c00],
        _ => [3, 0x6010_3000, 512],
    };
    Data { number: number(call(scenario)), args }
}

const fn letter(wants: Wants) -> (char, u32, &'static str) {
    match wants {
        Wants::Read => ('r', 4, "read"),
        Wants::Write => ('w', 2, "write"),
        Wants::Execute => ('x', 1, "execute"),
    }
}

/// The class of the caller: the first that fits counts, even if a later one would allow more.
pub(super) fn class(scenario: &Scenario) -> Class {
    if scenario.uid == scenario.owner {
        Class::Owner
    } else if scenario.groups.contains(&scenario.group) {
        Class::Group
    } else {
        Class::Others
    }
}

/// The three bits of a class.
pub(super) const fn bits(mode: u32, class: Class) -> u32 {
    match class {
        Class::Owner => mode >> 6,
        Class::Group => (mode >> 3) & 7,
        Class::Others => mode & 7,
    }
}

impl<'a> Runner<'a> {
    pub(super) fn new(scenario: &'a Scenario, filter: &'a [Op], mode: u32) -> Self {
        Self { scenario, filter, mode, state: State::default(), n_instructions: 0, time: 0 }
    }

    pub(super) fn allowed(&self) -> bool {
        self.state.ended.as_ref().is_some_and(String::is_empty)
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Ended {
        let (_, _, verb) = letter(self.scenario.wants);
        let with = match self.scenario.way {
            Way::Name => "the file's name",
            Way::Descriptor => "a descriptor that it was given",
            Way::Forwarder => "a forwarder that it was given",
        };
        let say = format!(
            "A process of user {} calls {} to {verb} a file, and has {with}.",
            self.scenario.uid,
            call(self.scenario)
        );
        self.step(log, "start", say, None)?;
        if self.filter.is_empty() {
            self.yes(log, Gate::Filter, "No filter is set, so every call may enter the kernel.")?;
        } else {
            self.filter(log)?;
        }
        if self.state.ended.is_none() {
            match self.scenario.way {
                Way::Name => self.by_mode(log)?,
                Way::Descriptor | Way::Forwarder => self.by_token(log)?,
            }
        }
        if self.state.ended.is_none() {
            self.policy(log)?;
        }
        if self.state.ended.is_none() {
            self.state.ended = Some(String::new());
            self.state.at = None;
            let say = "The access is allowed, because every gate that was asked has said yes.";
            self.step(log, "allowed", say.to_owned(), None)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        say: String,
        ask: Option<(&str, [&str; 2], usize)>,
    ) -> Ended {
        log.step(self.time, tag, || {
            let shot = Shot::new(say, self.state.clone());
            match ask {
                Some((question, options, answer)) => {
                    shot.ask(question, options.map(str::to_owned).to_vec(), answer)
                }
                None => shot,
            }
        })?;
        self.time += 1;
        Ok(())
    }

    fn answer(&mut self, gate: Gate, yes: bool) {
        self.state.at = Some(gate);
        self.state.asked.push((gate, yes));
    }

    /// A gate says yes; the question is asked where it has looked at something.
    fn yes(&mut self, log: &mut Log<State>, gate: Gate, say: &str) -> Ended {
        self.answer(gate, true);
        self.step(log, "yes", say.to_owned(), None)
    }

    fn judged(&mut self, log: &mut Log<State>, gate: Gate, yes: bool, say: String) -> Ended {
        self.answer(gate, yes);
        let ask = Some(("What does this gate say?", ["yes", "no"], usize::from(!yes)));
        self.step(log, if yes { "yes" } else { "no" }, say, ask)
    }

    fn refused(&mut self, log: &mut Log<State>, error: &str) -> Ended {
        self.state.ended = Some(error.to_owned());
        self.state.at = None;
        let say = format!(
            "The access ends with {error}: the first no is enough, and no later gate is asked."
        );
        self.step(log, "denied", say, None)
    }

    /// Runs the filter, instruction by instruction; it always ends, because jumps lead forward only.
    fn filter(&mut self, log: &mut Log<State>) -> Ended {
        self.state.at = Some(Gate::Filter);
        let data = data(self.scenario);
        let mut at = 0;
        while let Some(op) = self.filter.get(at) {
            self.n_instructions += 1;
            let (next, say, verdict) = match &op.does {
                Does::Load(what) => {
                    self.state.loaded = data.load(*what);
                    let say =
                        format!("The filter loads {:#x}: {}.", self.state.loaded, loaded(*what));
                    (at + 1, say, None)
                }
                Does::Jump { test, value, then, otherwise } => {
                    let holds = holds(*test, *value, self.state.loaded);
                    let skip = if holds { *then } else { *otherwise };
                    let say = jumped(*test, *value, self.state.loaded, holds, skip);
                    (at + 1 + skip, say, None)
                }
                Does::Return(verdict) => (at, returned(*verdict), Some(*verdict)),
            };
            at = next;
            self.state.next = Some(at);
            match verdict {
                None => self.step(log, "filter", say, None)?,
                Some(verdict) => {
                    self.judged(log, Gate::Filter, verdict == Verdict::Allow, say)?;
                    return match verdict {
                        Verdict::Allow => Ok(()),
                        Verdict::Errno(error) => self.refused(log, &error_name(error)),
                        Verdict::Kill => self.refused(log, "SIGSYS, which kills the process"),
                    };
                }
            }
        }
        Ok(())
    }

    /// A token was checked when it was made; now its own rights count.
    fn by_token(&mut self, log: &mut Log<State>) -> Ended {
        let (needed, _, verb) = letter(self.scenario.wants);
        let through = self.scenario.way == Way::Forwarder;
        if through && self.scenario.cut {
            let say = "The forwarder leads nowhere, because its giver has cut it: so a right that was \
                       passed on is taken back.";
            self.judged(log, Gate::Token, false, say.to_owned())?;
            return self.refused(log, "a refusal by the forwarder");
        }
        let yes = self.scenario.token.contains(needed);
        let what = if through { "forwarder" } else { "descriptor" };
        let say = if yes {
            format!(
                "The {what} allows to {verb}; nobody asks for owner and mode, because whoever made \
                 it was asked then."
            )
        } else {
            format!("The {what} does not allow to {verb}: passing a token on adds no rights.")
        };
        self.judged(log, Gate::Token, yes, say)?;
        if yes { Ok(()) } else { self.refused(log, "EBADF") }
    }

    fn by_mode(&mut self, log: &mut Log<State>) -> Ended {
        let scenario = self.scenario;
        let (_, bit, verb) = letter(scenario.wants);
        let class = class(scenario);
        self.state.class = Some(class);
        let yes = bits(self.mode, class) & bit != 0;
        let (who, whose) = match class {
            Class::Owner => ("is the owner of the file", "the owner's"),
            Class::Group => ("is in the group of the file", "the group's"),
            Class::Others => ("is neither the owner nor in the group", "the others'"),
        };
        let may = if yes { "allow" } else { "do not allow" };
        let say = format!(
            "User {} {who}, so {whose} bits count and no others: they {may} to {verb}.",
            scenario.uid
        );
        self.judged(log, Gate::Mode, yes, say)?;
        if yes {
            return Ok(());
        }
        // Nobody may execute what is executable for nobody.
        let overrides =
            scenario.dac_override && (scenario.wants != Wants::Execute || self.mode & 0o111 != 0);
        let reads = scenario.dac_read_search && scenario.wants == Wants::Read;
        let say = match (overrides, reads) {
            (true, _) => {
                "CAP_DAC_OVERRIDE overrules that no, because it may ignore the mode of files."
            }
            (false, true) => "CAP_DAC_READ_SEARCH overrules that no, because it may read any file.",
            (false, false) if scenario.dac_override => {
                "CAP_DAC_OVERRIDE does not help, because the file is executable for nobody."
            }
            (false, false) if scenario.dac_read_search => {
                "CAP_DAC_READ_SEARCH does not help, because it is for reading only."
            }
            (false, false) => {
                "No capability overrules that no, because the process has none for files."
            }
        };
        let yes = overrides || reads;
        self.answer(Gate::Capability, yes);
        let ask = Some(("Does a capability overrule the no?", ["yes", "no"], usize::from(!yes)));
        self.step(log, if yes { "overruled" } else { "no" }, say.to_owned(), ask)?;
        if yes { Ok(()) } else { self.refused(log, "EACCES") }
    }

    fn policy(&mut self, log: &mut Log<State>) -> Ended {
        let scenario = self.scenario;
        if !scenario.mac {
            return self.yes(log, Gate::Policy, "No policy is loaded, so nobody else is asked.");
        }
        let (needed, _, verb) = letter(scenario.wants);
        let fits = |it: &Rule| {
            it.from == scenario.subject_type
                && it.to == scenario.object_type
                && it.allow.contains(needed)
        };
        let found = scenario.policy.iter().position(fits);
        self.state.rule = Some(found);
        let (from, to) = (&scenario.subject_type, &scenario.object_type);
        let say = match found {
            Some(_) => format!("A rule lets {from} {verb} {to}, so the policy says yes."),
            None => format!(
                "No rule lets {from} {verb} {to}, so the policy says no: to it, user {} is nobody \
                 special.",
                scenario.uid
            ),
        };
        self.judged(log, Gate::Policy, found.is_some(), say)?;
        if found.is_some() { Ok(()) } else { self.refused(log, "EACCES") }
    }
}

const fn loaded(what: super::access_check_filter::Load) -> &'static str {
    use super::access_check_filter::Load;
    match what {
        Load::Number => "the number of the system call",
        Load::Arch => "the architecture, since numbers differ between them",
        Load::Arg(_) => "an argument register, and not what it may point to",
    }
}

fn jumped(test: Test, value: u64, loaded: u64, holds: bool, skip: usize) -> String {
    let relation = match (test, holds) {
        (Test::Equal, true) => "is equal to",
        (Test::Equal, false) => "is not equal to",
        (Test::AtLeast, true) => "is at least",
        (Test::AtLeast, false) => "is less than",
        (Test::AnyBit, true) => "has a bit of",
        (Test::AnyBit, false) => "has no bit of",
    };
    let goes = match skip {
        0 => "goes on with the next instruction".to_owned(),
        1 => "skips one instruction".to_owned(),
        n => format!("skips {n} instructions"),
    };
    format!("The filter {goes}, because {loaded:#x} {relation} {value:#x}.")
}

fn returned(verdict: Verdict) -> String {
    match verdict {
        Verdict::Allow => {
            "The filter allows the call, which now enters the kernel proper.".to_owned()
        }
        Verdict::Errno(error) => format!(
            "The filter refuses the call with {}: the kernel proper never sees it.",
            error_name(error)
        ),
        Verdict::Kill => {
            "The filter refuses the call and kills the process, because it should never make such \
             a call."
                .to_owned()
        }
    }
}
