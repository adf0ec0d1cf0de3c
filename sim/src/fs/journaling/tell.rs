//! Every step in a sentence.

use super::kernel::Question;
use super::read::{Check, End, Seen, Verdict};
use super::world::{Block, Body, Disk, Mode, Op, Place, Plan, State, label, words};
use crate::words::{count, list};

/// Why a transaction commits.
pub(super) const TIMER: &str = "because its five seconds are over";
pub(super) const SYNCED: &str = "because fsync asks for it";
pub(super) const FULL: &str = "because one more change would not fit into the journal with it";

/// Why a checkpoint runs.
pub(super) const ASKED: &str = "because there is time now";
pub(super) const NO_ROOM: &str = "because the ring has no room for the next transaction";

/// Homes in words, a run of three or more in short.
fn labels(plan: &Plan, homes: &[usize]) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < homes.len() {
        let mut end = at + 1;
        while end < homes.len() && homes[end] == homes[end - 1] + 1 {
            end += 1;
        }
        if at + 2 < end && plan.first_data() <= homes[at] {
            out.push(format!("{} to {}", homes[at], homes[end - 1]));
        } else {
            out.extend(homes[at..end].iter().map(|&it| label(plan, it)));
        }
        at = end;
    }
    list(&out)
}

fn blocks(n: usize) -> String {
    count(n as u64, "blocks")
}

pub(super) fn start(plan: &Plan) -> String {
    let mode = match plan.mode {
        Mode::Journal => "journal: data goes through the journal, as metadata does",
        Mode::Ordered => "ordered: data goes home before the metadata that points to it commits",
        Mode::Writeback => "writeback: data goes home at any time",
    };
    format!("The file system is mounted in mode {mode}.")
}

pub(super) fn append(plan: &Plan, state: &State, file: usize, added: &[usize]) -> String {
    let seq = state.running().map_or(0, |it| it.seq);
    let name = &plan.files[file];
    let data = if plan.mode == Mode::Journal { "the data, " } else { "" };
    let (n, at) = (blocks(added.len()), labels(plan, added));
    format!(
        "{name} grows by {n} in memory, at home {at}: {data}the new bitmap and inode join \
         transaction {seq}, and no disk has been asked."
    )
}

pub(super) fn overwrite(plan: &Plan, state: &State, op: Op, home: usize) -> String {
    let seq = state.running().map_or(0, |it| it.seq);
    let (name, index) = (&plan.files[op.file], op.n);
    match plan.mode {
        Mode::Journal => format!(
            "{name} gets a new block {index} in memory, and home {home} joins transaction {seq}, \
             because data is logged too."
        ),
        Mode::Ordered | Mode::Writeback => format!(
            "{name} gets a new block {index} in memory: only its time joins transaction {seq}, \
             because home {home} was its own before and nothing has to point to it anew."
        ),
    }
}

pub(super) fn begin(plan: &Plan, seq: u32, homes: &[usize], why: &str) -> String {
    let homes = labels(plan, homes);
    format!("Transaction {seq} is closed with the new images of {homes}, {why}.")
}

/// A place as a thing that is written.
fn place_words(plan: &Plan, place: Place) -> String {
    match place {
        Place::Slot(slot) => format!("slot {slot} of the journal"),
        Place::Home(home) if home < plan.first_data() => {
            format!("the home of {}", label(plan, home))
        }
        Place::Home(home) => format!("home block {home}"),
    }
}

/// What the disk is given, and why.
pub(super) fn give(plan: &Plan, place: Place, block: &Block, tag: &str) -> String {
    let how = match plan.disk {
        Disk::InOrder => "writes",
        Disk::NewestFirst => "takes into its cache",
    };
    let (place, is) = (place_words(plan, place), words(plan, &block.body));
    let why = match tag {
        "data" => "because its page is dirty",
        "descriptor" => "so that recovery knows what follows",
        "image" => "a copy for recovery that is not home yet",
        "commit" if plan.disk == Disk::InOrder => "and with it the transaction has happened",
        "commit" => "and once it is on the disk, the transaction has happened",
        "home" => "which the journal has kept safe so far",
        _ => "because all before it is at home",
    };
    format!("The disk {how} {place}: {is}, {why}.")
}

pub(super) fn from_cache(plan: &Plan, place: Place, block: &Block) -> String {
    let (place, is) = (place_words(plan, place), words(plan, &block.body));
    format!("The disk writes {place} from its cache: {is}, in an order that suits the disk.")
}

pub(super) fn flush(why: &str) -> String {
    format!("The kernel waits until the disk's own cache is empty, because {why}.")
}

pub(super) fn synced(plan: &Plan, file: usize) -> String {
    let name = &plan.files[file];
    format!("Fsync of {name} returns, because data and metadata of {name} can now survive a crash.")
}

pub(super) fn nothing_dirty(mode: Mode) -> String {
    let why = match mode {
        Mode::Journal => "data waits for its transaction in this mode",
        Mode::Ordered | Mode::Writeback => "no data page is dirty",
    };
    format!("The flusher thread writes nothing, because {why}.")
}

pub(super) fn nothing_runs() -> String {
    "The timer finds no open transaction, because nothing has changed since the last.".to_owned()
}

pub(super) fn nothing_waits() -> String {
    "The checkpoint writes nothing, because all that is committed is at home.".to_owned()
}

pub(super) fn checkpoint(plan: &Plan, waiting: &[(usize, Block)], why: &str) -> String {
    let homes: Vec<usize> = waiting.iter().map(|it| it.0).collect();
    format!("The kernel brings the committed images of {} home, {why}.", labels(plan, &homes))
}

pub(super) fn end(plan: &Plan, state: &State) -> String {
    let dirty = state.dirty.iter().filter(|it| **it).count();
    let open = state.running().map_or(0, |it| it.homes.len());
    let what = match (dirty, open) {
        (0, 0) => "nothing that programs wrote is in memory only".to_owned(),
        _ => {
            format!("{} of data and {} of metadata are in memory only", blocks(dirty), blocks(open))
        }
    };
    let say = files(plan, &state.seen);
    format!("The script ends and {what}; after a crash now, {say}.")
}

// After a crash.

pub(super) fn crash(plan: &Plan, state: &State) -> String {
    let n = count(state.counts.written(), "writes");
    let lost = match plan.disk {
        Disk::InOrder => "memory is lost",
        Disk::NewestFirst => "memory and the disk's own cache are lost",
    };
    format!("The power fails after {n} of blocks: {lost}, and only what was written is left.")
}

pub(super) fn crash_again() -> String {
    "The power fails again during recovery, and the tail has not moved: it all begins anew."
        .to_owned()
}

pub(super) fn found(seq: u32, n: usize, end: End) -> String {
    let n = count(n as u64, "images");
    match end {
        End::Whole => format!(
            "Recovery finds transaction {seq} with {n} and its commit record, so it has happened."
        ),
        End::NoCommit => format!(
            "Recovery finds transaction {seq} without a commit record and forgets it: it never \
             happened."
        ),
        End::WrongSum => format!(
            "Recovery finds a commit record of transaction {seq}, but its checksum does not fit \
             the images, so it forgets them."
        ),
    }
}

pub(super) fn replay(plan: &Plan, home: usize, seq: u32) -> String {
    let home = label(plan, home);
    format!("Recovery writes {home} home from transaction {seq}; to do it twice does no harm.")
}

pub(super) fn emptied(n: u64) -> String {
    let why = match n {
        0 => "nothing was to be replayed".to_owned(),
        1 => "its transaction is at home".to_owned(),
        _ => format!("its {n} transactions are at home"),
    };
    format!("Recovery writes the journal's superblock, and the ring is empty, because {why}.")
}

pub(super) fn recovered(plan: &Plan, state: &State) -> String {
    let metadata = match state.check {
        Check::Clean => "the metadata are consistent".to_owned(),
        it => format!("the metadata are broken, {}", fault(plan, it)),
    };
    format!("The file system is mounted again: {metadata}, and {}.", files(plan, &state.seen))
}

/// What is wrong with the metadata.
pub(super) fn fault(plan: &Plan, check: Check) -> String {
    match check {
        Check::Clean => "nothing is wrong".to_owned(),
        Check::Damaged(home) => format!("{} holds something else", label(plan, home)),
        Check::Unmarked(home) => format!("home {home} is in a file and marked free"),
        Check::Twice(home) => format!("home {home} is in two files"),
        Check::Leaked(home) => format!("home {home} is marked used and in no file"),
    }
}

fn files(plan: &Plan, seen: &[Seen]) -> String {
    let one = |(name, seen): (&String, &Seen)| format!("{name} {}", verdict(seen));
    let all: Vec<String> = plan.files.iter().zip(seen).map(one).collect();
    list(&all)
}

/// What a file holds after a crash.
pub(super) fn verdict(seen: &Seen) -> String {
    let lost = if seen.n_lost == 0 { "" } else { ", though fsync had promised more" };
    match seen.verdict {
        Verdict::Newest => "is as it was last written".to_owned(),
        Verdict::Earlier(0) => format!("is as it was at the start{lost}"),
        Verdict::Earlier(n) => {
            format!("is as it was after {}{lost}", count(n as u64, "changes"))
        }
        Verdict::Mixed => format!("is a mixture of old and new{lost}"),
        Verdict::Stale => {
            format!("shows stale content in {}{lost}", blocks(seen.stale.len()))
        }
        Verdict::Gone => "is gone".to_owned(),
    }
}

// Questions.

fn options(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

pub(super) fn ask_first(data: bool) -> Question {
    let all = ["New data, to its home", "The descriptor, into the journal", "The commit record"];
    ("What does the disk get first?", options(&all), usize::from(!data))
}

pub(super) fn ask_found(whole: bool) -> Question {
    let all = ["Writes its images home", "Forgets it", "Undoes what it changed"];
    ("What does recovery do with this transaction?", options(&all), usize::from(!whole))
}

/// What the first file holds, asked where more than one answer could be right.
pub(super) fn ask_file(plan: &Plan, state: &State) -> Option<Question> {
    let seen = state.seen.first()?;
    plan.files.first()?;
    let all = ["What was last written", "An older state", "Old and new mixed", "Stale content"];
    let answer = match seen.verdict {
        Verdict::Newest => 0,
        Verdict::Earlier(_) => 1,
        Verdict::Mixed => 2,
        Verdict::Stale => 3,
        Verdict::Gone => return None,
    };
    Some(("What does the first file hold now?", options(&all), answer))
}

/// A block in a few words, for a tooltip.
pub(super) fn about(plan: &Plan, block: &Block) -> String {
    match block.body {
        Body::Zero => String::new(),
        _ => words(plan, &block.body),
    }
}
