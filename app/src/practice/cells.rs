//! The cells of a sheet: what is in them, whether it is right, and what is said of the first that is not.

use super::Problem;
use leptos::prelude::*;
use sim::{Blank, Part, Sheet};

/// What became of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mark {
    /// Not checked since it changed, or left empty where it may be.
    #[default]
    Open,
    /// Right.
    Right,
    /// Wrong.
    Wrong,
    /// Checked, but nothing was in it.
    Empty,
}

impl Mark {
    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Empty => "empty",
        }
    }

    /// The mark as a sign beside the cell.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::Right => "✓",
            Self::Wrong => "✗",
            Self::Empty => "?",
        }
    }

    /// The mark in words.
    const fn words(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::Right => ", right",
            Self::Wrong => ", wrong",
            Self::Empty => ", still empty",
        }
    }

    /// The mark of a text.
    fn of(blank: &Blank, text: &str) -> Self {
        match text.trim() {
            "" if blank.may_stay => Self::Open,
            "" => Self::Empty,
            text if blank.takes(text) => Self::Right,
            _ => Self::Wrong,
        }
    }
}

/// One place to fill in. `n` counts through the whole sheet.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub(super) n: usize,
    pub(super) text: RwSignal<String>,
    pub(super) mark: RwSignal<Mark>,
    found: RwSignal<Option<Found>>,
}

impl Cell {
    /// Puts something in.
    pub(super) fn fill(self, text: String) {
        self.text.set(text);
        self.mark.set(Mark::Open);
        self.found.set(None);
    }

    /// Its name with its mark, for who cannot see it.
    pub(super) fn label(self, name: &str) -> String {
        format!("{name}{}", self.mark.get().words())
    }

    pub(super) fn is_faulty(self) -> bool {
        matches!(self.mark.get(), Mark::Wrong | Mark::Empty)
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// One or two sentences.
    pub(super) told: String,
    /// Step at which the first fault can be seen.
    pub(super) at: usize,
    /// Whether all is right.
    pub(super) is_done: bool,
}

/// A sheet that is being filled in.
pub(super) struct Filling {
    pub(super) problem: Problem,
    pub(super) sheet: &'static Sheet,
    pub(super) parts: Vec<Part>,
    pub(super) cells: Vec<Cell>,
    pub(super) found: RwSignal<Option<Found>>,
}

impl Filling {
    /// An empty sheet.
    pub(super) fn new(problem: Problem, sheet: &'static Sheet) -> Self {
        let parts = sheet.parts(&problem.run);
        let found = RwSignal::new(None);
        let n_cells: usize = parts.iter().flat_map(|it| &it.rows).map(|it| it.blanks.len()).sum();
        let cell = |n| Cell {
            n,
            text: RwSignal::new(String::new()),
            mark: RwSignal::new(Mark::Open),
            found,
        };
        Self { problem, sheet, parts, cells: (0..n_cells).map(cell).collect(), found }
    }

    fn blanks(&self) -> impl Iterator<Item = (Cell, &Blank)> {
        let blanks = self.parts.iter().flat_map(|it| &it.rows).flat_map(|it| &it.blanks);
        self.cells.iter().copied().zip(blanks)
    }

    /// Fills in the answers.
    pub(super) fn tell(&self) {
        self.blanks().for_each(|(cell, blank)| cell.fill(blank.answer.clone()));
    }

    /// Marks every cell and says what was found.
    pub(super) fn check(&self) {
        let marked: Vec<(&Blank, Mark)> = self
            .blanks()
            .map(|(cell, blank)| {
                let mark = Mark::of(blank, &cell.text.get_untracked());
                cell.mark.set(mark);
                (blank, mark)
            })
            .collect();
        self.found.set(Some(found(&marked, self.sheet.hint, |at| self.problem.why_at(at))));
    }
}

fn found<'a>(marked: &[(&Blank, Mark)], hint: &str, why_at: impl Fn(usize) -> &'a str) -> Found {
    // What is written where nothing belongs counts as well.
    let asked = marked.iter().filter(|it| !it.0.may_stay || it.1 == Mark::Wrong);
    let (n_all, n_right) = (asked.clone().count(), asked.filter(|it| it.1 == Mark::Right).count());
    let first = |mark: Mark| marked.iter().find(|it| it.1 == mark);
    match (first(Mark::Wrong), first(Mark::Empty)) {
        (Some((blank, _)), _) => {
            let why = why_at(blank.at);
            let told = format!(
                "{n_right} of {n_all} are right. The first difference: {}. {why} {hint}",
                blank.name.trim_end_matches('?')
            );
            Found { told: told.trim_end().to_owned(), at: blank.at, is_done: false }
        }
        (None, Some((blank, _))) => {
            let told = match n_right {
                0 => "Nothing is filled in yet.".to_owned(),
                _ => format!("{n_right} of {n_all} are filled in, all of them right so far."),
            };
            Found { told, at: blank.at.saturating_sub(1), is_done: false }
        }
        (None, None) => Found { told: format!("All {n_all} are right."), at: 0, is_done: true },
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, found};
    use sim::Blank;

    fn blank(answer: &str, at: usize, may_stay: bool) -> Blank {
        Blank {
            name: format!("Cell {at}"),
            answer: answer.into(),
            at,
            may_stay,
            ..Blank::default()
        }
    }

    #[test]
    fn the_first_wrong_cell_is_told_with_its_reason() {
        let blanks = [blank("1", 0, false), blank("", 1, true), blank("3", 2, false)];
        let check = |texts: [&str; 3]| {
            let marked: Vec<_> =
                blanks.iter().zip(texts).map(|(it, text)| (it, Mark::of(it, text))).collect();
            found(&marked, "Count.", |at| ["a.", "b.", "c."][at])
        };
        let told = check(["1", "", "4"]);
        assert_eq!(told.told, "1 of 2 are right. The first difference: Cell 2. c. Count.");
        assert_eq!((told.at, told.is_done), (2, false));
        assert!(
            check(["1", "9", "3"])
                .told
                .starts_with("2 of 3 are right. The first difference: Cell 1")
        );
        assert!(check(["1", "", ""]).told.contains("all of them right so far"));
        assert_eq!(check(["", "", ""]).told, "Nothing is filled in yet.");
        assert!(check(["1", "", "3"]).is_done);
    }
}
