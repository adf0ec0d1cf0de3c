//! One access and all who are asked: a filter, file permissions and capabilities, and a policy.
//!
//! # Model
//! A system call passes its gates in order, and the first no ends it. The filter sees the number and
//! the argument registers. An access by name is checked against owner, group and mode of the file,
//! where a capability may overrule a no. An access by a descriptor or through a forwarder was checked
//! when the token was made: now only the token counts. The policy of types is asked in any case.
//! # Ties
//! The owner is judged by the owner's bits alone, then a member of the group by the group's alone.
//! # Left out
//! Directories on the way, access lists, user namespaces, set-user-ID, levels and roles of labels,
//! several filters in a row, and filters that ask a supervisor. The names of errors are those of Linux.
//! # Source
//! `tlpi`, chapters 15 and 39; `man-seccomp`; `loscocco-2001` for types; `miller-2003` for forwarders.

use super::access_check_filter::read;
use super::access_check_gates::{Runner, State};
use super::access_check_scene;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct AccessCheck;

/// What is wanted of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wants {
    Read,
    Write,
    Execute,
}

/// How the file is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    Name,
    Descriptor,
    Forwarder,
}

/// A rule of the policy.
#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) allow: String,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) wants: Wants,
    pub(super) way: Way,
    pub(super) filter: String,
    pub(super) uid: u32,
    pub(super) groups: Vec<u32>,
    pub(super) dac_override: bool,
    pub(super) dac_read_search: bool,
    pub(super) owner: u32,
    pub(super) group: u32,
    mode: String,
    pub(super) token: String,
    pub(super) cut: bool,
    pub(super) mac: bool,
    pub(super) subject_type: String,
    pub(super) object_type: String,
    pub(super) policy: Vec<Rule>,
}

impl Scenario {
    /// The nine bits of the mode; `None` if they are not three octal digits.
    pub(super) fn mode(&self) -> Option<u32> {
        let octal = self.mode.len() == 3 && self.mode.chars().all(|it| it.is_digit(8));
        u32::from_str_radix(&self.mode, 8).ok().filter(|_| octal)
    }
}

const LETTERS: Kind = Kind::Choice(&[
    ("r", "read"),
    ("w", "write"),
    ("x", "execute"),
    ("rw", "read and write"),
    ("rx", "read and execute"),
    ("rwx", "everything"),
]);

const RULE: &[Field] = &[
    Field::new("from", "Type of the process", Kind::Text { max_chars: 20 }),
    Field::new("to", "Type of the file", Kind::Text { max_chars: 20 }),
    Field::new("allow", "May", LETTERS).or(Preset::Text("r")),
];

const ID: Kind = Kind::Int { min: 0, max: 65_535 };

const fn flag(key: &'static str, label: &'static str) -> Field {
    Field::new(key, label, Kind::Flag).or(Preset::Flag(false))
}

impl Engine for AccessCheck {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/access_check",
        title: "One access, all gates",
        summary: "A filter, file permissions, capabilities and a policy are asked until one says no.",
        look_for: "Before each gate, say what it will answer, and what it cannot see.",
        source: "tlpi/39",
        time_unit: "checks",
        markers: &["allowed", "denied", "overruled"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "wants",
            "The process wants to",
            Kind::Choice(&[("read", "read"), ("write", "write"), ("execute", "execute")]),
        )
        .or(Preset::Text("read")),
        Field::new(
            "way",
            "It has",
            Kind::Choice(&[
                ("name", "the file's name"),
                ("descriptor", "a descriptor that somebody has passed on"),
                ("forwarder", "a forwarder: an object in between that can be cut"),
            ]),
        )
        .or(Preset::Text("name")),
        Field::new("filter", "System call filter", Kind::Code { max_chars: 2_000 })
            .help(
                "One instruction a line: ld nr; ld arch; ld arg2; jeq openat 0 1; jge 100 1 0; jset \
                 1 0 1; ret allow; ret errno EPERM; ret kill. A jump skips so many instructions if \
                 it holds, and so many if not. Empty for none.",
            )
            .or(Preset::Text("")),
        Field::new("uid", "User", ID).or(Preset::Int(1_000)),
        Field::new(
            "groups",
            "Groups",
            Kind::Ints { min: 0, max: 65_535, len_min: 0, len_max: 8, single_key: "" },
        )
        .or(Preset::Ints(&[1_000])),
        flag("dac_override", "CAP_DAC_OVERRIDE").help("May ignore the mode of files."),
        flag("dac_read_search", "CAP_DAC_READ_SEARCH").help("May read in spite of the mode."),
        Field::new("owner", "Owner of the file", ID).or(Preset::Int(0)),
        Field::new("group", "Group of the file", ID).or(Preset::Int(0)),
        Field::new("mode", "Mode", Kind::Text { max_chars: 3 })
            .help("Three octal digits: owner, group, others.")
            .or(Preset::Text("644")),
        Field::new("token", "The token allows to", LETTERS)
            .help("The descriptor's or the forwarder's rights.")
            .or(Preset::Text("r")),
        flag("cut", "The forwarder was cut").help("Its giver has taken the right back."),
        flag("mac", "A policy of types is loaded").help("As with SELinux."),
        Field::new("subject_type", "Type of the process", Kind::Text { max_chars: 20 })
            .or(Preset::Text("user_t")),
        Field::new("object_type", "Type of the file", Kind::Text { max_chars: 20 })
            .or(Preset::Text("file_t")),
        Field::new("policy", "Rules", Kind::Rows { columns: RULE, len_min: 0, len_max: 20 })
            .help("What no rule allows is forbidden.")
            .or(Preset::Empty),
    ];
    const EXAMPLE: &'static str = r#"{"uid": 0, "groups": [0], "dac_override": true,
        "owner": 1000, "group": 1000, "mode": "600",
        "filter": "ld nr\njeq execve 0 1\nret errno EPERM\nret allow",
        "mac": true, "subject_type": "httpd_t", "object_type": "mail_t",
        "policy": [{"from": "httpd_t", "to": "content_t", "allow": "r"},
                   {"from": "mail_app_t", "to": "mail_t", "allow": "rw"}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let filter = read(&scenario.filter).map_err(|error| {
            // The reader of lines is the scripts': here the text is called a filter.
            let problems = error.0.into_iter().map(|mut it| {
                "/filter".clone_into(&mut it.at);
                it
            });
            ScenarioError(problems.collect())
        })?;
        let Some(mode) = scenario.mode() else {
            let what = "three octal digits, such as 640";
            return Err(ScenarioError::one("/mode", Fault::WrongKind(what)));
        };
        let mut runner = Runner::new(scenario, &filter, mode);
        runner.run(log)?;
        let mut add = |key, label, value: f64, unit| {
            log.metric(key, label, value, unit, Better::Neither);
        };
        add("allowed", "Allowed (1) or not (0)", f64::from(u8::from(runner.allowed())), "");
        add("n_gates", "Gates that were asked", runner.state.asked.len() as f64, "gates");
        add("n_instructions", "Instructions of the filter", runner.n_instructions as f64, "");
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let (Some(last), Ok(filter)) = (past.last(), read(&scenario.filter)) else {
            return Scene::default();
        };
        access_check_scene::scene(scenario, &filter, &last.state)
    }
}
