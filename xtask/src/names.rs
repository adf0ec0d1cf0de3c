//! Short names between the program and its glue.
//!
//! wasm-bindgen gives each function of the browser a name with a hash of sixteen digits, so that those of different crates differ.
//! Nobody reads them, and they do not compress: in two files they are kilobytes.

use crate::wasm::{IMPORTS, imports, number, section, sections, text};

/// How the names begin that wasm-bindgen makes.
const MADE: [&str; 2] = ["__wbg_", "__wbindgen_"];

/// The program and its glue with short names. `None` if the program is cut short, or the glue does not know one of its names.
pub(crate) fn shorten(wasm: &[u8], glue: &str) -> Option<(Vec<u8>, String)> {
    let mut glue = glue.to_owned();
    let mut out = crate::wasm::HEAD.to_vec();
    for (id, body) in sections(wasm)? {
        let short = if id == IMPORTS { Some(shortened(body, &mut glue)?) } else { None };
        out.extend(section(id, short.as_deref().unwrap_or(body)));
    }
    Some((out, glue))
}

/// The section of the imports with short names, which are put into the glue too.
fn shortened(body: &[u8], glue: &mut String) -> Option<Vec<u8>> {
    let imports = imports(body)?;
    let mut out = number(imports.len());
    let mut n_short = 0;
    for it in &imports {
        let name = std::str::from_utf8(it.name).ok()?;
        let mut new = name.to_owned();
        if MADE.iter().any(|made| name.starts_with(made)) {
            new = letters(n_short);
            n_short += 1;
            *glue = renamed(glue, name, &new)?;
        }
        out.extend([&text(it.module)[..], &text(new.as_bytes()), it.of].concat());
    }
    Some(out)
}

/// The glue, in which one function of the table of imports has another name.
fn renamed(glue: &str, from: &str, to: &str) -> Option<String> {
    let key = |name: &str| format!("\n        {name}: ");
    let key = key(from);
    (glue.matches(&key).count() == 1).then(|| glue.replacen(&key, &format!("\n        {to}: "), 1))
}

/// `a` to `z`, then `aa`, `ba` and so on.
fn letters(mut n: usize) -> String {
    let mut out = String::new();
    loop {
        out.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
        if n == 0 {
            return out;
        }
        n -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{letters, shorten};
    use crate::wasm::{HEAD, section, text};

    #[test]
    fn both_sides_get_the_same_names() {
        let ask = |module: &str, name: &str| {
            [text(module.as_bytes()), text(name.as_bytes()), vec![0, 0]].concat()
        };
        let module = |first: &str| {
            let body =
                [vec![2], ask("./app_bg.js", first), ask("./parts.js", "__wasm_split_load_a")]
                    .concat();
            [HEAD, &section(2, &body), &section(10, &[7])].concat()
        };
        let glue = "const import0 = {\n        __wbg_add_0f: function() {},\n    };\n";
        let (wasm, short) = shorten(&module("__wbg_add_0f"), glue).unwrap_or_default();
        assert_eq!(wasm, module("a"));
        assert_eq!(short, "const import0 = {\n        a: function() {},\n    };\n");
        assert_eq!(shorten(&module("__wbg_new_0f"), glue), None);
        assert_eq!(shorten(&wasm[..20], glue), None);
    }

    #[test]
    fn letters_never_repeat() {
        let all: std::collections::BTreeSet<String> = (0..2000).map(letters).collect();
        assert_eq!(all.len(), 2000);
        assert_eq!([0, 25, 26, 27].map(letters), ["a", "z", "aa", "ba"]);
    }
}
