//! A program as text that can be changed: numbered lines, and a fault where it is.

use crate::erased::{OnChange, click, live, text};
use crate::player::{Piece, pieces};
use leptos::html;
use leptos::prelude::*;
use sim::{Fault, ScenarioError};

/// Fewest and most lines that are in sight at once.
const ROWS: (usize, usize) = (4, 60);

/// A fault in a program: where, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, and what was expected.
    pub why: String,
}

/// The faults inside the text at a place of a scenario.
#[must_use]
pub fn slips(error: &ScenarioError, at: &str) -> Vec<Slip> {
    let here = error.0.iter().filter(|it| it.at == at);
    here.filter_map(|it| match &it.fault {
        Fault::Source { line, column, why } => {
            Some(Slip { line: *line, column: *column, why: why.clone() })
        }
        _ => None,
    })
    .collect()
}

/// What a code field needs to know.
pub struct CodeField {
    /// Id of the text field; unique on the page.
    pub id: String,
    /// Name for those who do not see a label; none if a label stands beside it.
    pub name: Option<&'static str>,
    /// The text as it is now.
    pub text: RwSignal<String>,
    /// What is wrong with it.
    pub slips: Signal<Vec<Slip>>,
    /// Id of what tells another fault.
    pub described: String,
    /// Told when the reader has changed the text and left it.
    pub changed: OnChange,
}

impl std::fmt::Debug for CodeField {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "CodeField({})", self.id)
    }
}

/// The field with its line numbers, and below it every fault with its line.
#[must_use]
pub fn code_view(field: CodeField) -> AnyView {
    let CodeField { id, name, text: source, slips, described, changed } = field;
    let area = NodeRef::<html::Textarea>::new();
    let n_lines = move || source.with(|it| it.split('\n').count());
    let numbers = live(move || {
        let is_wrong =
            |line: usize| slips.with(|all| all.iter().any(|it| it.line as usize == line));
        let number = |line: usize| {
            let class = if is_wrong(line) { "is-wrong" } else { "" };
            view! { <span class=class>{line}</span> }.into_any()
        };
        (1..=n_lines()).map(number).collect_view().into_any()
    });
    let rows = text(move || n_lines().clamp(ROWS.0, ROWS.1).to_string());
    let invalid = text(move || (!slips.with(Vec::is_empty)).to_string());
    let typed: OnChange = Box::new(move |event| source.set(event_target_value(&event)));
    let faults = live(move || {
        let all = slips.get();
        let fault = |it: Slip| slip_view(&source.get_untracked(), it, area);
        all.into_iter().map(fault).collect_view().into_any()
    });
    view! {
        <div class="code-edit">
            <div class="code-numbers" aria-hidden="true">{numbers}</div>
            <textarea id=id class="code-input" rows=rows spellcheck="false" autocapitalize="off" autocomplete="off"
                wrap="off" aria-label=name aria-invalid=invalid aria-describedby=described node_ref=area
                prop:value=move || source.get() on:input=typed on:change=changed>{source.get_untracked()}</textarea>
        </div>
        <div class="code-faults" role="alert">{faults}</div>
    }
    .into_any()
}

/// One fault: where it is, what is wrong, and the line with a mark under the place.
fn slip_view(source: &str, slip: Slip, area: NodeRef<html::Textarea>) -> AnyView {
    let Slip { line, column, why } = slip;
    let at = offset(source, line, column);
    let go = click(move || {
        if let Some(area) = area.get_untracked() {
            let _ = area.focus();
            let _ = area.set_selection_range(at, at);
        }
    });
    let why = pieces(&why, &[]).into_iter().map(|it| match it {
        Piece::Words(words) | Piece::Actor(_, words) => view! { <span>{words}</span> }.into_any(),
        Piece::Code(code) => view! { <code>{code}</code> }.into_any(),
    });
    view! {
        <div class="code-fault">
            <p>
                <button type="button" class="quiet" data-act="to-fault" on:click=go>{format!("line {line}, column {column}")}</button>
                " "<span class="fault">{why.collect_view()}</span>
            </p>
            <pre aria-hidden="true">{excerpt(source, line, column)}</pre>
        </div>
    }
    .into_any()
}

/// A line of a program, and a mark under one of its characters.
fn excerpt(source: &str, line: u32, column: u32) -> String {
    let text = source.split('\n').nth((line as usize).saturating_sub(1)).unwrap_or_default();
    let text = text.replace('\t', " ");
    let head = format!("{line} | ");
    let before = head.chars().count() + (column as usize).saturating_sub(1);
    format!("{head}{text}\n{}^", " ".repeat(before))
}

/// Where a place is in a text, in the units in which a browser counts.
fn offset(source: &str, line: u32, column: u32) -> u32 {
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    let before = source.split('\n').take((line as usize).saturating_sub(1));
    let before: u32 = before.map(|it| units(it) + 1).sum();
    let own = source.split('\n').nth((line as usize).saturating_sub(1)).unwrap_or_default();
    let own: String = own.chars().take((column as usize).saturating_sub(1)).collect();
    before + units(&own)
}

#[cfg(test)]
mod tests {
    use super::{Slip, excerpt, offset, slips};
    use sim::{Fault, Problem, ScenarioError};

    #[test]
    fn a_fault_is_shown_under_its_place() {
        let source = "int x;\nthread A { é = }\n";
        assert_eq!(excerpt(source, 2, 16), "2 | thread A { é = }\n                   ^");
        assert_eq!(excerpt("", 1, 1), "1 | \n    ^");
        assert_eq!(offset(source, 2, 16), 22);
        assert_eq!(offset("é\u{10000}x\ny", 1, 3), 3, "a browser counts two for it");
        assert_eq!(offset("a", 9, 9), 2, "a place that is not there is the end");
    }

    #[test]
    fn only_faults_of_the_text_have_a_line() {
        let problem = |at: &str, fault| Problem { at: at.to_owned(), fault };
        let source = |line| Fault::Source { line, column: 2, why: "no".to_owned() };
        let error = ScenarioError(vec![
            problem("/source", source(3)),
            problem("/other", source(4)),
            problem("/source", Fault::Missing),
        ]);
        let slip = Slip { line: 3, column: 2, why: "no".to_owned() };
        assert_eq!(slips(&error, "/source"), [slip]);
    }
}
