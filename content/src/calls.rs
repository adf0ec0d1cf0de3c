//! The calls of POSIX and Linux as a table, from `calls.toml`. A small script of the page filters it;
//! without scripts all rows are there.

use crate::desk::Here;
use crate::escape::escape;
use crate::markdown;
use crate::tables::{CALLS, is_sentence};
use crate::targets;
use crate::toml_doc::{Doc, Row, Text};

/// A facet: key in the file and in the page, name, and its values with what the reader sees.
struct Facet {
    key: &'static str,
    name: &'static str,
    values: &'static [(&'static str, &'static str)],
}

const GROUPS: &[(&str, &str)] = &[
    ("process", "Processes"),
    ("thread", "Threads"),
    ("signal", "Signals"),
    ("memory", "Memory"),
    ("sync", "Synchronization"),
    ("file", "Files and names"),
    ("wait", "Waiting for many"),
    ("ipc", "Between processes"),
    ("net", "Sockets"),
    ("sched", "Scheduling and time"),
    ("limits", "Walls and limits"),
];

const FACETS: [Facet; 5] = [
    Facet { key: "group", name: "For", values: GROUPS },
    Facet { key: "standard", name: "Standard", values: &[("posix", "POSIX"), ("linux", "Linux")] },
    Facet {
        key: "blocks",
        name: "Blocks",
        values: &[("no", "no"), ("can", "can"), ("yes", "yes")],
    },
    Facet {
        key: "handler",
        name: "In a signal handler",
        values: &[("yes", "yes"), ("no", "no"), ("linux", "not said")],
    },
    Facet {
        key: "threads",
        name: "Thread-safe",
        values: &[("yes", "yes"), ("care", "with care"), ("no", "no")],
    },
];

/// A call, its cells as HTML.
#[derive(Debug, Clone, Default)]
struct Call {
    name: String,
    header: String,
    /// Value of each facet, as an index into its values.
    values: [usize; 5],
    does: String,
    errors: Vec<String>,
    links: String,
}

/// The filter and the table, and what search finds of them.
pub(crate) fn html(here: Here<'_>, line: u32) -> (String, String) {
    let Some(text) = here.desk.files.text(CALLS) else {
        here.fault(line, format!("there is no content/{CALLS}"));
        return Default::default();
    };
    let there = Here { file: CALLS, ..here };
    let doc = Doc { file: CALLS, line: 1, text, sink: here.desk.sink };
    let calls = doc.read(|root| root.rows("calls").iter().map(|row| call(there, row)).collect());
    let calls: Vec<Call> = calls.unwrap_or_default();
    for (n, call) in calls.iter().enumerate() {
        if calls[..n].iter().any(|it| it.name == call.name) {
            there.fault(1, format!("{} is there twice", call.name));
        }
    }
    let said: Vec<&str> = calls.iter().map(|it| it.name.as_str()).collect();
    (format!("{}{}", form(&calls), table(&calls)), said.join(" ") + " ")
}

fn call(here: Here<'_>, row: &Row<'_>) -> Call {
    let mut values = [0; 5];
    for (value, facet) in values.iter_mut().zip(&FACETS) {
        let word = row.text(facet.key);
        match facet.values.iter().position(|it| it.0 == word) {
            Some(at) => *value = at,
            None => {
                let known: Vec<&str> = facet.values.iter().map(|it| it.0).collect();
                let what = format!("{} {word}: expected one of {}", facet.key, known.join(", "));
                row.fault(facet.key, what);
            }
        }
    }
    let does = row.markdown("does");
    let does = Text { text: does.text.trim().to_owned(), line: does.line };
    if !is_sentence(&does.text) {
        row.fault("does", "does: expected a sentence");
    }
    let errors: Vec<String> = row.texts("errors").into_iter().map(|it| it.text).collect();
    for error in errors.iter().filter(|it| !is_error(it)) {
        row.fault("errors", format!("error {error}: expected a name such as EAGAIN"));
    }
    let lesson = targets::to_lesson(here, row, "lesson");
    let source = targets::to_source(here, row, "source");
    let out = Call {
        name: row.text("name"),
        header: row.text("header"),
        values,
        does: markdown::line(here, &does),
        errors,
        links: [lesson, source].join(" · "),
    };
    row.done();
    out
}

fn is_error(word: &str) -> bool {
    word.starts_with('E') && word.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

/// A text field and a list for each facet; hidden without scripts.
fn form(calls: &[Call]) -> String {
    let mut out = String::from(
        "<form class=\"filter needs-scripts\" data-filter=\"calls\" role=\"search\" aria-label=\"Filter the calls\">\
         <p class=\"filter-text\"><label for=\"filter-text\">Find</label>\
         <input type=\"search\" id=\"filter-text\" name=\"text\" autocomplete=\"off\" spellcheck=\"false\"></p>",
    );
    for facet in &FACETS {
        let (key, name) = (facet.key, facet.name);
        out.push_str(&format!(
            "<p><label for=\"filter-{key}\">{name}</label><select id=\"filter-{key}\" name=\"{key}\"><option value=\"\">all</option>"
        ));
        for (value, label) in facet.values {
            out.push_str(&format!("<option value=\"{value}\">{label}</option>"));
        }
        out.push_str("</select></p>");
    }
    let n = calls.len();
    out.push_str(&format!(
        "<p class=\"filter-count\" role=\"status\" data-filter-count=\"\">{n} calls</p></form>\n"
    ));
    out
}

fn table(calls: &[Call]) -> String {
    let mut out = String::from(
        "<div class=\"table-wrap calls-wrap\" tabindex=\"0\" role=\"region\" aria-label=\"Calls of POSIX and Linux\">\
         <table class=\"calls\" id=\"calls\">\n<thead><tr><th scope=\"col\">Call</th><th scope=\"col\">What it does</th>\
         <th scope=\"col\">Standard</th><th scope=\"col\">Blocks</th><th scope=\"col\">In a signal handler</th>\
         <th scope=\"col\">Thread-safe</th><th scope=\"col\">Typical errors</th></tr></thead>\n",
    );
    for (group, (slug, title)) in GROUPS.iter().enumerate() {
        let rows: Vec<&Call> = calls.iter().filter(|it| it.values[0] == group).collect();
        if rows.is_empty() {
            continue;
        }
        out.push_str(&format!(
            "<tbody data-rows=\"{slug}\"><tr class=\"calls-group\"><th colspan=\"7\" scope=\"rowgroup\">{title}</th></tr>\n"
        ));
        for row in rows {
            push_row(&mut out, row);
        }
        out.push_str("</tbody>\n");
    }
    out.push_str("</table></div>\n");
    out
}

fn push_row(out: &mut String, call: &Call) {
    out.push_str("<tr");
    for (facet, value) in FACETS.iter().zip(call.values) {
        out.push_str(&format!(" data-{}=\"{}\"", facet.key, facet.values[value].0));
    }
    let names: Vec<String> =
        call.name.split(", ").map(|it| format!("<code>{}</code>", escape(it))).collect();
    out.push_str(&format!(
        "><th scope=\"row\">{}<small>{}</small></th><td>{} <small>{}</small></td>",
        names.join(" "),
        escape(&call.header),
        call.does,
        call.links
    ));
    for (facet, value) in FACETS.iter().zip(call.values).skip(1) {
        let (value, label) = facet.values[value];
        out.push_str(&format!("<td class=\"is-{value}\">{label}</td>"));
    }
    let errors: Vec<String> = call.errors.iter().map(|it| format!("<code>{it}</code>")).collect();
    out.push_str(&format!("<td>{}</td></tr>\n", errors.join(" ")));
}

#[cfg(test)]
mod tests {
    use super::is_error;

    #[test]
    fn an_error_is_a_name_in_capitals() {
        assert!(is_error("EAGAIN") && is_error("E2BIG"));
        assert!(!is_error("again") && !is_error("SIGPIPE"));
    }
}
