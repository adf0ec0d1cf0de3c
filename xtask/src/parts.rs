//! Puts the parts of a program that was cut up (`app/src/pieces.rs`) beside its main one.
//!
//! Trunk takes only the main part along, under a name with a hash of the whole. The others get names
//! that begin with the same hash, so that no browser ever mixes those of two builds.

use crate::files::{read, write};
use crate::process::{command, run};
use crate::{Result, repo::Repo};
use std::path::{Path, PathBuf};

/// How the glue of the main part asks for the loader of the others. The program itself knows the
/// loader by the same name, which stays.
const LOADER: &str = "from \"./parts.js\"";

/// Parts up to this size only lose their names: there are many, and wasm-opt takes its time to start.
const SMALL_BYTES: usize = 16 * 1024;

/// Features that rustc uses; `index.html` tells Trunk the same of the main part.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Fetches a part: a file of its own, or a slice of the one that holds all the small ones. The page
/// may have begun to fetch it. The type is ours, since some hosts do not know that of wasm.
const FETCH: &str = r#"const fetched = {};
const bytes = (file) => (fetched[file] ??= globalThis.interleaveEarly?.[file] ?? fetch(new URL(file, import.meta.url)).then((answer) => {
    if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
    return answer.arrayBuffer();
})).catch((error) => {
    delete fetched[file];
    delete globalThis.interleaveEarly?.[file];
    throw error;
});
const part = async (name) => {
    const [file, from, to] = FILES[name];
    return new Response((await bytes(file)).slice(from, to), { headers: { "content-type": "application/wasm" } });
};
"#;

/// Brings the parts into a folder that Trunk has filled. Nothing to do for a program in one piece.
pub(crate) fn place(repo: &Repo, dir: &Path) -> Result<()> {
    let Some(glue) = glue(dir)? else { return Ok(()) };
    let text = read(&glue)?;
    if !text.contains(LOADER) {
        return Ok(());
    }
    let stem = glue.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let profile = std::env::var("TRUNK_PROFILE").unwrap_or_else(|_| "release".to_owned());
    let parts = repo.target().join("wasm-bindgen").join(&profile).join("parts");
    let is_release = profile == "release";
    let loads = read(&parts.join("parts.js"))?;
    let files = copy(repo, &parts, dir, &stem, &far(&loads), is_release)?;
    let loader = loader(&loads, &stem, &files)?;
    write(&dir.join(format!("{stem}_parts.js")), &loader)?;
    write(&glue, &text.replace(LOADER, &format!("from \"./{stem}_parts.js\"")))
}

/// The glue of the app among the files of a folder.
fn glue(dir: &Path) -> Result<Option<PathBuf>> {
    let is_glue = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("app-") && name.ends_with(".js") && !name.ends_with("_parts.js")
    };
    Ok(list(dir)?.into_iter().find(is_glue))
}

/// Names of the pieces that no figure needs: only quizzes, practice and the like have them in common. Above each piece the loader
/// says who needs it, and only shelves of engines have two words in their name.
fn far(loads: &str) -> Vec<String> {
    let users = |line: &str| Some(line.strip_prefix("/* ")?.strip_suffix(" */")?.to_owned());
    let lines = loads.lines().zip(loads.lines().skip(1));
    let named = lines.filter_map(|(above, line)| {
        let (name, _) = line.strip_prefix("const __")?.split_once(' ')?;
        Some((users(above)?, name))
    });
    named.filter(|it| !it.0.contains('_')).map(|it| format!("{}.wasm", it.1)).collect()
}

/// Copies the parts. For each: its name, the file it went to, and its first and last byte there.
fn copy(
    repo: &Repo,
    parts: &Path,
    dir: &Path,
    stem: &str,
    far: &[String],
    small: bool,
) -> Result<Vec<Placed>> {
    // What some parts have in common: many small pieces, which are worth one request. What no figure needs is apart.
    let mut common =
        [(format!("{stem}_shared.bin"), Vec::new()), (format!("{stem}_more.bin"), Vec::new())];
    let mut placed = Vec::new();
    let mut paths = list(parts)?;
    paths.sort();
    for path in paths.iter().filter(|it| it.extension().is_some_and(|it| it == "wasm")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name == "app.wasm" {
            continue;
        }
        let wasm = bytes(path)?;
        let wasm = match small {
            true if SMALL_BYTES < wasm.len() => shrunk(repo, path)?,
            true => bare(&wasm).ok_or_else(|| format!("{name} is no wasm"))?,
            false => wasm,
        };
        match name.strip_prefix("split_") {
            Some(own) => {
                let file = format!("{stem}_{own}");
                store(&dir.join(&file), &wasm)?;
                placed.push(Placed { name, file, from: 0, to: wasm.len() });
            }
            None => {
                let (file, all) = &mut common[usize::from(far.contains(&name))];
                let from = all.len();
                all.extend(wasm);
                placed.push(Placed { name, file: file.clone(), from, to: all.len() });
            }
        }
    }
    for (file, all) in common.iter().filter(|it| !it.1.is_empty()) {
        store(&dir.join(file), all)?;
    }
    Ok(placed)
}

/// Where a part went.
struct Placed {
    name: String,
    file: String,
    from: usize,
    to: usize,
}

/// The loader, fetching the files by their names here, without saying above each piece who needs it.
fn loader(text: &str, stem: &str, files: &[Placed]) -> Result<String> {
    let is_said = |line: &&str| !(line.starts_with("/* ") && line.ends_with(" */"));
    let lines: Vec<&str> = text.lines().filter(is_said).collect();
    let mut out = (lines.join("\n") + "\n").replace("\"./app.js\"", &format!("\"./{stem}.js\""));
    let mut table = String::from("const FILES = {\n");
    for Placed { name, file, from, to } in files {
        let asked = format!("fetch(new URL(\"./{name}\", import.meta.url))");
        if !out.contains(&asked) {
            return Err(format!("the loader of the parts does not fetch {name}"));
        }
        out = out.replace(&asked, &format!("part(\"{name}\")"));
        table.push_str(&format!("    \"{name}\": [\"./{file}\", {from}, {to}],\n"));
    }
    // The import of the main part comes first.
    let (imports, rest) = out.split_once('\n').ok_or("the loader of the parts is empty")?;
    Ok(format!("{imports}\n{table}}};\n{FETCH}{rest}"))
}

/// A part without its custom sections, such as that of the names; `None` if it is cut short.
fn bare(wasm: &[u8]) -> Option<Vec<u8>> {
    const HEAD: usize = 8;
    let mut out = wasm.get(..HEAD)?.to_vec();
    let mut at = HEAD;
    while let Some(&id) = wasm.get(at) {
        let (len, begin) = number(wasm, at + 1)?;
        let end = begin.checked_add(len)?;
        let section = wasm.get(at..end)?;
        if id != 0 {
            out.extend_from_slice(section);
        }
        at = end;
    }
    Some(out)
}

/// A number in LEB128 and where it ends.
fn number(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let (mut number, mut shift) = (0_usize, 0);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some((number, at));
        }
        shift += 7;
    }
}

/// A part without names and with smaller code.
fn shrunk(repo: &Repo, path: &Path) -> Result<Vec<u8>> {
    let out = path.with_extension("small");
    run(command(repo, "wasm-opt")
        .args(["-Oz", "--strip-debug", "--strip-producers"])
        .args(FEATURES)
        .arg(path)
        .arg("-o")
        .arg(&out)
        .stderr(std::process::Stdio::null()))?;
    bytes(&out)
}

fn list(dir: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", dir.display());
    std::fs::read_dir(dir)
        .map_err(failed)?
        .map(|entry| entry.map(|it| it.path()).map_err(failed))
        .collect()
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{Placed, bare, far, loader};

    #[test]
    fn a_bare_part_has_no_custom_sections() {
        let head = [0, b'a', b's', b'm', 1, 0, 0, 0];
        let wasm = [&head[..], &[0, 3, 1, b'n', 7], &[1, 0x82, 0, 8, 9], &[0, 0]].concat();
        assert_eq!(bare(&wasm), Some([&head[..], &[1, 0x82, 0, 8, 9]].concat()));
        assert_eq!(bare(&wasm[..10]), None);
        assert_eq!(bare(b"wasm"), None);
    }

    #[test]
    fn what_no_figure_needs_is_told_from_the_rest() {
        let loads = "/* cpu_other, quiz */\nconst __chunk_1 = makeLoad(() => {\n/* game, quiz */\nconst __chunk_2 = makeLoad(() => {\n";
        assert_eq!(far(loads), ["chunk_2.wasm"]);
    }

    #[test]
    fn the_loader_fetches_the_files_by_their_names_here() {
        let text = "import { initSync } from \"./app.js\";\n\n/* cpu, io */\nconst a = makeLoad(() => {\n    \
                    const src = fetch(new URL(\"./split_cpu.wasm\", import.meta.url));\n});\n";
        let placed = |name: &str| Placed {
            name: name.to_owned(),
            file: "app-1_cpu.wasm".to_owned(),
            from: 0,
            to: 9,
        };
        let out = loader(text, "app-1", &[placed("split_cpu.wasm")]).unwrap_or_default();
        assert!(out.starts_with("import { initSync } from \"./app-1.js\";\nconst FILES"), "{out}");
        assert!(out.contains("\"split_cpu.wasm\": [\"./app-1_cpu.wasm\", 0, 9]"), "{out}");
        assert!(!out.contains("cpu, io"), "{out}");
        assert!(out.contains("const src = part(\"split_cpu.wasm\");"), "{out}");
        assert!(loader(text, "app-1", &[placed("split_io.wasm")]).is_err());
    }
}
