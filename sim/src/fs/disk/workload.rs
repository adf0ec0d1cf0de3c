//! What every disk scheduler is given: the disk, the arm, the requests; and the form that sets it.

use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use serde::Deserialize;

/// Microseconds in a minute.
const MINUTE_US: u64 = 60_000_000;

/// Index of a request in the table; its actor.
pub(crate) type RequestIdx = usize;

/// What a policy's run is given. One type for the whole family, so that one queue fits all.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) cylinders: u32,
    pub(crate) head: u32,
    pub(crate) direction: Way,
    pub(crate) tie: Tie,
    pub(crate) count_return: bool,
    pub(crate) requests: Vec<Request>,
    seek_us: u64,
    settle_us: u64,
    rotation: Rotation,
    rpm: u64,
    track_sectors: u64,
}

/// One access to the disk.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) name: String,
    pub(crate) cylinder: u32,
    arrival_ms: u64,
    sectors: u64,
    sector: u64,
}

/// Where the arm is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// To lower cylinders.
    Down,
    /// To higher ones.
    Up,
}

/// Which of two requests that are equally near is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tie {
    First,
    Lower,
    Higher,
}

/// How long the arm waits for its sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rotation {
    None,
    Half,
    Angle,
}

impl Way {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
        }
    }

    pub(crate) const fn back(self) -> Self {
        match self {
            Self::Down => Self::Up,
            Self::Up => Self::Down,
        }
    }
}

const CYLINDERS: Field = Field::new("cylinders", "Cylinders", Kind::Int { min: 2, max: 10_000 })
    .unit("cylinders")
    .or(Preset::Int(200))
    .help("Numbered from 0 at one edge of the disk.");

const HEAD: Field = Field::new("head", "Arm at", Kind::Int { min: 0, max: 9_999 })
    .or(Preset::Int(53))
    .help("The cylinder where the arm stands at the start.");

const DIRECTION: Field =
    Field::new("direction", "Direction", Kind::Choice(&[("down", "down, to 0"), ("up", "up")]))
        .or(Preset::Text("down"))
        .help("Where the arm is going at the start. Books differ, and the answers with them.");

const TIE: Field = Field::new(
    "tie",
    "Of two that are equally near",
    Kind::Choice(&[
        ("first", "the one that came first"),
        ("lower", "the one at the lower cylinder"),
        ("higher", "the one at the higher cylinder"),
    ]),
)
.or(Preset::Text("first"))
.help("On one cylinder it is always the one that came first, and of those the upper row.");

const COUNT_RETURN: Field = Field::new("count_return", "The way back counts", Kind::Flag)
    .or(Preset::Flag(true))
    .help("Some books leave it out of the sum; then it takes no time here either.");

const COLUMNS: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 6 }).or(Preset::Numbered("R")),
    Field::new("cylinder", "Cylinder", Kind::Int { min: 0, max: 9_999 }),
    Field::new("arrival_ms", "Comes at", Kind::Int { min: 0, max: 60_000 })
        .unit("ms")
        .or(Preset::Int(0)),
    Field::new("sectors", "Length", Kind::Int { min: 1, max: 20_000 })
        .unit("sectors")
        .or(Preset::Int(8))
        .help("8 sectors of 512 bytes are 4 KiB."),
    Field::new("sector", "First sector", Kind::Int { min: 0, max: 4_999 })
        .or(Preset::Int(0))
        .help("Its place on the track; it matters where the turn is followed."),
];

const REQUESTS: Field =
    Field::new("requests", "Requests", Kind::Rows { columns: COLUMNS, len_min: 1, len_max: 60 })
        .help("Rows that come at the same time count as having come in this order.");

const SEEK: Field = Field::new("seek_us", "Seek, each cylinder", Kind::Int { min: 0, max: 1_000 })
    .unit("µs")
    .or(Preset::Int(20))
    .help("The model is linear. Real arms speed up on long ways.");

const SETTLE: Field =
    Field::new("settle_us", "Seek, start and stop", Kind::Int { min: 0, max: 20_000 })
        .unit("µs")
        .or(Preset::Int(0))
        .help("Added to every movement, however short.");

const ROTATION: Field = Field::new(
    "rotation",
    "Rotation",
    Kind::Choice(&[
        ("half", "half a turn each, the mean"),
        ("angle", "followed: until the sector comes by"),
        ("none", "left out"),
    ]),
)
.or(Preset::Text("half"))
.help("How long the arm waits on its cylinder for the first sector.");

const RPM: Field = Field::new("rpm", "Speed", Kind::Int { min: 60, max: 20_000 })
    .unit("turns a minute")
    .or(Preset::Int(7_200));

const TRACK: Field =
    Field::new("track_sectors", "Sectors on a track", Kind::Int { min: 1, max: 5_000 })
        .or(Preset::Int(200))
        .help("As many pass in one turn.");

/// The form of a policy, with what it does not read hidden: whether it follows a direction, breaks
/// ties of distance, and runs back without serving.
pub(crate) const fn form(follows: bool, breaks_ties: bool, runs_back: bool) -> [Field; 11] {
    [
        CYLINDERS,
        HEAD,
        DIRECTION.hide(!follows),
        TIE.hide(!breaks_ties),
        COUNT_RETURN.hide(!runs_back),
        REQUESTS,
        SEEK,
        SETTLE,
        ROTATION,
        RPM,
        TRACK,
    ]
}

impl Scenario {
    /// Every request must be on the disk, and the arm too.
    pub(crate) fn check(&self) -> Result<(), ScenarioError> {
        let mut problems = Vec::new();
        let mut below = |at: String, got: i64, n: i64| {
            if n <= got {
                let fault = Fault::OutOfRange { got, min: 0, max: n - 1 };
                problems.push(Problem { at, fault });
            }
        };
        let cylinders = i64::from(self.cylinders);
        let sectors = i64::try_from(self.track_sectors).unwrap_or(i64::MAX);
        below("/head".to_owned(), self.head.into(), cylinders);
        for (n, request) in self.requests.iter().enumerate() {
            below(format!("/requests/{n}/cylinder"), request.cylinder.into(), cylinders);
            let sector = i64::try_from(request.sector).unwrap_or(i64::MAX);
            below(format!("/requests/{n}/sector"), sector, sectors);
        }
        if problems.is_empty() { Ok(()) } else { Err(ScenarioError(problems)) }
    }

    /// The last cylinder.
    pub(crate) const fn last(&self) -> u32 {
        self.cylinders - 1
    }

    /// The edge in this direction.
    pub(crate) const fn edge(&self, way: Way) -> u32 {
        match way {
            Way::Down => 0,
            Way::Up => self.last(),
        }
    }

    /// How long a movement over some cylinders takes, in microseconds.
    pub(crate) fn seek(&self, cylinders: u32) -> u64 {
        match cylinders {
            0 => 0,
            n => self.settle_us + self.seek_us * u64::from(n),
        }
    }

    /// How long the arm waits on its cylinder, from a moment on, in microseconds.
    pub(crate) fn rotation(&self, request: &Request, now_us: u64) -> u64 {
        match self.rotation {
            Rotation::None => 0,
            Rotation::Half => (MINUTE_US / 2 + self.rpm / 2) / self.rpm,
            Rotation::Angle => {
                // A turn cut into as many parts as a minute has microseconds: no fraction is lost.
                let passed = now_us * self.rpm % MINUTE_US;
                let wanted = request.sector * MINUTE_US / self.track_sectors;
                // Times are whole microseconds: a sector that began less than one ago is in time.
                let late = (passed + MINUTE_US - wanted) % MINUTE_US;
                if late < self.rpm { 0 } else { (MINUTE_US - late).div_ceil(self.rpm) }
            }
        }
    }

    /// How long the sectors take to pass, in microseconds.
    pub(crate) fn transfer(&self, request: &Request) -> u64 {
        // Rounded down, so that what follows on the track is never missed by a fraction.
        request.sectors * MINUTE_US / (self.rpm * self.track_sectors)
    }

    /// The requests in the order in which they come.
    pub(crate) fn arrivals(&self) -> Vec<RequestIdx> {
        let mut all: Vec<RequestIdx> = (0..self.requests.len()).collect();
        crate::order::by_key(&mut all, |&it| self.requests[it].arrival_us());
        all
    }

    /// The least movement that serves all requests in any order, if all are there at the start: to
    /// the nearer end and then to the other.
    pub(crate) fn least(&self) -> Option<u32> {
        let waits = |it: &Request| it.arrival_ms == 0;
        let cylinders = self.requests.iter().map(|it| it.cylinder);
        let (low, high) = (cylinders.clone().min()?, cylinders.max()?);
        let (down, up) = (self.head.saturating_sub(low), high.saturating_sub(self.head));
        self.requests.iter().all(waits).then(|| down + up + down.min(up))
    }
}

impl Request {
    /// When it comes, in microseconds.
    pub(crate) const fn arrival_us(&self) -> u64 {
        self.arrival_ms * 1_000
    }
}

/// Names of the requests.
pub(crate) fn actors(scenario: &Scenario) -> Vec<String> {
    scenario.requests.iter().map(|it| it.name.clone()).collect()
}

/// The queue of the textbooks.
pub(crate) const EXAMPLE: &str = r#"{"cylinders": 200, "head": 53, "direction": "down", "rotation": "none",
    "requests": [{"cylinder": 98}, {"cylinder": 183}, {"cylinder": 37}, {"cylinder": 122},
    {"cylinder": 14}, {"cylinder": 124}, {"cylinder": 65}, {"cylinder": 67}]}"#;
