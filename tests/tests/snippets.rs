//! The short texts in other languages: each is read by its language's own tool, where that is installed.
#![cfg(not(target_arch = "wasm32"))]

use content::Files;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// How a language's tool reads a text from its standard input, and what can stand around a text that is a piece of a function.
struct Reader {
    language: &'static str,
    command: &'static [&'static str],
    around: (&'static str, &'static str),
}

const READERS: [Reader; 5] = [
    Reader {
        language: "python",
        command: &["python3", "-c", "import ast, sys; ast.parse(sys.stdin.read())"],
        around: ("", ""),
    },
    Reader {
        language: "js",
        command: &["node", "--input-type=module", "--check"],
        around: ("", ""),
    },
    Reader {
        language: "rust",
        command: &["rustfmt", "--edition", "2024", "--emit", "stdout"],
        around: ("async fn piece() {\n", "\n}\n"),
    },
    Reader {
        language: "go",
        command: &["gofmt", "-e"],
        around: ("package p\nfunc piece() {\n", "\n}\n"),
    },
    Reader { language: "sh", command: &["sh", "-n"], around: ("", "") },
];

/// What the tool has against a text; `None` where the tool is missing.
fn read(reader: &Reader, text: &str) -> Option<Result<(), String>> {
    let (name, args) = reader.command.split_first()?;
    let mut child = Command::new(name)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    // A tool that has ended early says why in its own words.
    let _ = child.stdin.take()?.write_all(text.as_bytes());
    let output = child.wait_with_output().ok()?;
    Some(match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}

/// The same, for a text that may be a piece of a function.
fn read_piece(reader: &Reader, text: &str) -> Option<Result<(), String>> {
    let (before, after) = reader.around;
    match read(reader, text)? {
        Err(_) if !before.is_empty() => read(reader, &format!("{before}{text}{after}")),
        outcome => Some(outcome),
    }
}

/// The fences of a language in a lesson: line, from 1, and text.
fn fences<'a>(lesson: &'a str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Vec<&'a str>)> = None;
    for (line, n) in lesson.lines().zip(1..) {
        match &mut open {
            Some((from, lines)) if line.trim_start() == "```" => {
                found.push((*from, lines.join("\n") + "\n"));
                open = None;
            }
            Some((_, lines)) => lines.push(line),
            None if line.trim_start().strip_prefix("```") == Some(language) => {
                open = Some((n, Vec::new()));
            }
            None => {}
        }
    }
    found
}

#[test]
fn every_text_in_another_language_can_be_read_by_its_tool() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content");
    let files = Files::read(&root).unwrap_or_else(|faults| panic!("{faults}"));
    let (mut told, mut n_found) = (Vec::new(), 0);
    for reader in &READERS {
        if read(reader, "").is_none() {
            eprintln!("skipped: {} is not installed", reader.command[0]);
            continue;
        }
        for (path, lesson) in files.below("course") {
            for (line, text) in fences(lesson, reader.language) {
                n_found += 1;
                if let Some(Err(why)) = read_piece(reader, &text) {
                    told.push(format!("{path}:{line}: {why}"));
                }
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert!(0 < n_found, "no text was found");
}

#[test]
fn what_is_wrong_is_told() {
    for reader in READERS.iter().filter(|it| read(it, "").is_some()) {
        let told = read_piece(reader, "this is ( no program");
        assert!(matches!(told, Some(Err(_))), "{} takes anything", reader.language);
    }
    assert_eq!(fences("a\n```go\nx\ny\n```\n```js\n```\n", "go"), [(2, "x\ny\n".to_owned())]);
}
