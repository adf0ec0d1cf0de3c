//! Takes out of the program what a library gives to pages and no page of ours asks for.
//!
//! Leptos brings `wasm-streams` along, whose classes are exports: nothing in the program calls them, and no optimiser may drop
//! an export. Without them what they stand on goes too.

use crate::wasm::{EXPORTS, HEAD, exports, number, section, sections};

/// The classes, as the glue names them. Their exports have the same names in small letters.
const CLASSES: [&str; 3] =
    ["IntoUnderlyingByteSource", "IntoUnderlyingSink", "IntoUnderlyingSource"];

/// The program without the exports of the classes; `None` if it is cut short.
pub(crate) fn without_exports(wasm: &[u8]) -> Option<Vec<u8>> {
    let unused: Vec<String> = CLASSES.iter().map(|it| it.to_ascii_lowercase()).collect();
    let is_unused = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        let bare = name.strip_prefix("__wbg_").unwrap_or(&name);
        unused
            .iter()
            .any(|it| bare.strip_prefix(it.as_str()).is_some_and(|rest| rest.starts_with('_')))
    };
    let mut out = HEAD.to_vec();
    for (id, body) in sections(wasm)? {
        if id != EXPORTS {
            out.extend(section(id, body));
            continue;
        }
        let kept: Vec<&[u8]> = exports(body)?
            .into_iter()
            .filter(|it| !is_unused(it.name))
            .map(|it| it.whole)
            .collect();
        out.extend(section(id, &[number(kept.len()), kept.concat()].concat()));
    }
    Some(out)
}

/// The glue without the classes; `None` if it has another form than expected.
pub(crate) fn without_classes(glue: &str) -> Option<String> {
    CLASSES.iter().try_fold(glue.to_owned(), |glue, class| {
        let glue = without(&glue, &format!("export class {class} {{\n"), "\n}\n")?;
        let glue = without(&glue, &format!("if (Symbol.dispose) {class}."), ";\n")?;
        without(&glue, &format!("const {class}Finalization = "), ";\n")
    })
}

/// The glue without those functions of its table of imports that the program does not ask for: after names were shortened,
/// those that still have a long one.
pub(crate) fn without_functions(glue: &str) -> String {
    const MADE: [&str; 2] = ["        __wbg_", "        __wbindgen_"];
    let mut out = String::with_capacity(glue.len());
    let mut is_in = false;
    for line in glue.split_inclusive('\n') {
        let starts = MADE.iter().any(|it| line.starts_with(it)) && line.trim_end().ends_with('{');
        is_in |= starts;
        if !is_in {
            out.push_str(line);
        }
        is_in &= line.trim_end() != "        },";
    }
    out
}

/// A text without what stands from `from` to the end of the first `to` after it.
fn without(text: &str, from: &str, to: &str) -> Option<String> {
    let (before, rest) = text.split_once(from)?;
    let (_, after) = rest.split_once(to)?;
    Some(format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, without_classes, without_exports, without_functions};
    use crate::wasm::{EXPORTS, HEAD, section, text};

    #[test]
    fn only_the_classes_lose_their_exports() {
        let export = |name: &str| [text(name.as_bytes()), vec![0, 7]].concat();
        let module = |names: &[&str]| {
            let all: Vec<u8> = names.iter().flat_map(|it| export(it)).collect();
            [HEAD, &section(EXPORTS, &[vec![names.len() as u8], all].concat()), &section(10, &[7])]
                .concat()
        };
        let given = module(&[
            "main",
            "__wbg_intounderlyingsink_free",
            "intounderlyingsource_pull",
            "intoother",
        ]);
        assert_eq!(without_exports(&given), Some(module(&["main", "intoother"])));
        assert_eq!(without_exports(&given[..given.len() - 2]), None);
    }

    #[test]
    fn classes_leave_nothing_behind() {
        let class = |it: &str| {
            format!(
                "export class {it} {{\n    free() {{\n    }}\n}}\nif (Symbol.dispose) {it}.prototype.x = 1;\n\
                 const {it}Finalization = (a)\n    ? {{ b: () => {{}} }}\n    : new F();\n"
            )
        };
        let glue: String = CLASSES.iter().map(|it| class(it)).collect();
        assert_eq!(without_classes(&format!("a\n{glue}b\n")).as_deref(), Some("a\nb\n"));
        assert_eq!(without_classes("a\n"), None);
    }

    #[test]
    fn functions_that_nobody_asks_for_go() {
        let glue = "{\n        a: function() {\n            b();\n        },\n        __wbg_new_0f: function(c) {\n            if (c) {\n            }\n        },\n    };\n";
        assert_eq!(
            without_functions(glue),
            "{\n        a: function() {\n            b();\n        },\n    };\n"
        );
    }
}
