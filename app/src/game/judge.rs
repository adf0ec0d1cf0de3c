//! What a schedule has reached, what is left to do, and whether a program is mended.

use content::{End, Ensure, Level};
use serde_json::Value;
use sim::{Entry, Exploration, ScenarioError, Search, SearchOptions, Verdict};

/// States after which the way to the goal is not looked for any longer. A level has far fewer.
const STATES_MAX: u32 = 100_000;

/// The scenario of a level, with these picks.
#[must_use]
pub(super) fn scenario(level: &Level, picks: &[u32]) -> Value {
    let mut scenario: Value = serde_json::from_str(&level.scenario).unwrap_or_default();
    scenario["picks"] = picks.into();
    scenario
}

/// The program that a level starts with.
#[must_use]
pub(super) fn program(level: &Level) -> String {
    let scenario = scenario(level, &[]);
    scenario[&level.code].as_str().unwrap_or_default().to_owned()
}

/// The scenario of a level with another program, and these picks.
#[must_use]
pub(super) fn edited(level: &Level, source: &str, picks: &[u32]) -> Value {
    let mut scenario = scenario(level, picks);
    scenario[&level.code] = source.into();
    scenario
}

/// Everything that can come after these picks.
fn after(entry: &Entry, level: &Level, picks: &[u32]) -> Option<Exploration> {
    let options = SearchOptions { states_max: STATES_MAX, reduce: false, after_picks: true };
    let mut search: Search = entry.search?(&scenario(level, picks), options).ok()?;
    while !search.advance(u32::MAX).done {}
    Some(search.finish())
}

/// Picks of a shortest way from here to this end; `None` if there is none.
#[must_use]
pub(super) fn rest(entry: &Entry, level: &Level, picks: &[u32], end: &End) -> Option<Vec<u32>> {
    let found = after(entry, level, picks)?;
    match end {
        End::Law(law) => found.laws.into_iter().find(|it| it.law == law).map(|it| it.picks),
        End::Outcome(label) => {
            found.outcomes.into_iter().find(|it| it.label == *label).map(|it| it.picks)
        }
    }
}

/// How many of the picks can be kept, if the goal shall stay within reach.
#[must_use]
pub(super) fn good_picks(entry: &Entry, level: &Level, picks: &[u32], end: &End) -> usize {
    // What cannot be reached from here cannot be reached later either.
    let (mut good, mut bad) = (0, picks.len() + 1);
    while good + 1 < bad {
        let middle = usize::midpoint(good, bad);
        match rest(entry, level, &picks[..middle], end) {
            Some(_) => good = middle,
            None => bad = middle,
        }
    }
    good
}

/// How the run ended that these picks lead to; `None` while something can go on.
#[must_use]
pub(super) fn ended(entry: &Entry, level: &Level, picks: &[u32]) -> Option<End> {
    let found = after(entry, level, picks)?;
    let law = found.laws.into_iter().find(|it| it.picks.is_empty());
    let outcome = || found.outcomes.into_iter().find(|it| it.picks.is_empty());
    law.map(|it| End::Law(it.law.to_owned())).or_else(|| Some(End::Outcome(outcome()?.label)))
}

/// Starts to look at every schedule of a program.
///
/// # Errors
/// A program that cannot be read.
pub(super) fn search(
    entry: &Entry,
    level: &Level,
    source: &str,
    states_max: u32,
) -> Result<Search, ScenarioError> {
    let options = SearchOptions { states_max, reduce: true, after_picks: false };
    match entry.search {
        Some(search) => search(&edited(level, source, &[]), options),
        None => Err(ScenarioError(Vec::new())),
    }
}

/// An end of a program that was to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    /// What it amounts to.
    pub(super) label: String,
    /// Whether it is meant.
    pub(super) is_meant: bool,
    /// A schedule that ends so; none if no schedule does.
    pub(super) picks: Option<Vec<u32>>,
}

/// All ends that there are, and those that there should be.
#[must_use]
pub(super) fn endings(ensure: &Ensure, found: &Exploration) -> Vec<Ending> {
    let there = found.outcomes.iter().map(|it| Ending {
        label: it.label.clone(),
        is_meant: ensure.ends.contains(&it.label),
        picks: Some(it.picks.clone()),
    });
    let is_missing = |label: &&String| found.outcomes.iter().all(|it| it.label != **label);
    let missing = ensure.ends.iter().filter(is_missing).map(|label| Ending {
        label: label.clone(),
        is_meant: true,
        picks: None,
    });
    there.chain(missing).collect()
}

/// Whether a program is mended: no law is broken, every end is as meant, and nothing is missing.
#[must_use]
pub(super) fn is_mended(
    ensure: &Ensure,
    source: &str,
    actors: &[String],
    found: &Exploration,
) -> bool {
    let honest = actors == ensure.threads
        && ensure.missing(source).is_empty()
        && ensure.forbidden(source).is_empty();
    let as_meant = endings(ensure, found).iter().all(|it| it.is_meant && it.picks.is_some());
    honest && as_meant && found.verdict == Verdict::Holds
}

/// A step that somebody can take: which pick it is, and what it does.
pub(super) type Choice = (usize, String);

/// The steps that can be taken, by actor; the last list is of those that belong to nobody.
#[must_use]
pub(super) fn by_actor(labels: &[String], actors: &[String]) -> Vec<Vec<Choice>> {
    let mut groups = vec![Vec::new(); actors.len() + 1];
    for (pick, label) in labels.iter().enumerate() {
        let own = |name: &String| label.strip_prefix(name.as_str())?.strip_prefix(": ");
        let found = actors.iter().enumerate().find_map(|(n, name)| Some((n, own(name)?)));
        let (group, what) = found.unwrap_or((actors.len(), label));
        groups[group].push((pick, what.to_owned()));
    }
    groups
}

/// Stars of a level that was broken: all for a shortest schedule without a hint.
#[must_use]
pub(super) fn stars_broken(n_steps: usize, n_least: u32, n_hints: u32) -> u8 {
    match (n_hints, n_steps <= n_least as usize) {
        (0, true) => 3,
        (0, false) => 2,
        (1.., _) => 1,
    }
}

/// Stars of a level that was mended: fewer with hints, fewest with the solution.
#[must_use]
pub(super) fn stars_mended(n_hints: usize, n_all: usize) -> u8 {
    match n_hints {
        0 => 3,
        n if n < n_all => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{by_actor, ended, good_picks, is_mended, rest, stars_broken, stars_mended};
    use content::{Difficulty, End, Ensure, Goal, Level};
    use sim::Entry;

    /// The engine that plays programs, and a level whose goal is a lost update.
    fn level() -> Option<(&'static Entry, Level)> {
        let scenario = serde_json::json!({
            "source": "int c; thread A, B { c++; }", "then": "stop"
        });
        let plays =
            |it: &&Entry| it.search.is_some() && it.run(&scenario, sim::Mode::MetricsOnly).is_ok();
        let entry = sim::engines().find(plays)?;
        let text = String::new;
        let level = Level {
            id: "lost".to_owned(),
            title: text(),
            difficulty: Difficulty::Easy,
            engine: entry.meta.id.to_owned(),
            code: "source".to_owned(),
            scenario: scenario.to_string(),
            task_html: text(),
            text_html: text(),
            why_html: text(),
            lesson: text(),
            lesson_title: text(),
            goal: Goal::Break { end: End::Outcome("c = 1".to_owned()), steps: 6 },
        };
        Some((entry, level))
    }

    #[test]
    fn a_hint_leads_on_or_says_how_far_to_go_back() {
        let (entry, level) = level().expect("an engine plays programs");
        let lost = End::Outcome("c = 1".to_owned());
        assert_eq!(rest(entry, &level, &[], &lost).map(|it| it.len()), Some(6));
        assert_eq!(rest(entry, &level, &[0, 1, 1, 1, 0], &lost), Some(vec![0]));
        // A has stored before B loads.
        assert_eq!(rest(entry, &level, &[0, 0, 0, 0, 0], &lost), None);
        assert_eq!(good_picks(entry, &level, &[0, 0, 0, 0, 0], &lost), 2);
        assert_eq!(good_picks(entry, &level, &[0, 1], &lost), 2);
        assert_eq!(ended(entry, &level, &[0, 1]), None);
        assert_eq!(ended(entry, &level, &[0, 1, 1, 1, 0, 0]), Some(lost));
    }

    #[test]
    fn a_program_is_mended_only_if_all_of_it_is_so() {
        let (entry, level) = level().expect("an engine plays programs");
        let ensure = Ensure {
            threads: vec!["A".to_owned(), "B".to_owned()],
            keep: vec!["c++".to_owned()],
            without: vec!["fetch_add".to_owned()],
            ends: vec!["c = 2".to_owned()],
        };
        let judged = |source: &str| {
            let mut search = super::search(entry, &level, source, 10_000).expect("a program");
            while !search.advance(1_000).done {}
            let run = entry.run(&super::edited(&level, source, &[]), sim::Mode::Frames);
            let actors = run.expect("it runs").actors.clone();
            is_mended(&ensure, source, &actors, &search.finish())
        };
        assert!(judged("int c; mutex m; thread A, B { lock(m); c++; unlock(m); }"));
        assert!(!judged("int c; thread A, B { c++; }"));
        assert!(!judged("int c; thread A { c++; c++; }"));
        assert!(!judged("int c; thread A, B { fetch_add(c, 1); } // c++"));
        assert!(!judged("int c; mutex m; thread A, B { lock(m); c++; }"));
    }

    #[test]
    fn steps_are_grouped_by_who_takes_them() {
        let labels = ["A: load x", "A: buffer to memory, x = 1", "AB: test", "the clock ticks"];
        let labels = labels.map(str::to_owned);
        let groups = by_actor(&labels, &["A".to_owned(), "B".to_owned(), "AB".to_owned()]);
        let picks: Vec<Vec<usize>> =
            groups.iter().map(|it| it.iter().map(|it| it.0).collect()).collect();
        assert_eq!(picks, [vec![0, 1], vec![], vec![2], vec![3]]);
        assert_eq!(groups[0][0].1, "load x");
    }

    #[test]
    fn stars_are_for_short_ways_and_own_thoughts() {
        assert_eq!(
            [stars_broken(6, 6, 0), stars_broken(7, 6, 0), stars_broken(6, 6, 2)],
            [3, 2, 1]
        );
        assert_eq!([stars_mended(0, 2), stars_mended(1, 2), stars_mended(2, 2)], [3, 2, 1]);
    }
}
