//! Puts the parts of a program that was cut up (`app/src/pieces.rs`) beside its main one.
//!
//! Trunk takes only the main part along, under a name with a hash of the whole. The others get names
//! that begin with the same hash, so that no browser ever mixes those of two builds.

use crate::files::{read, write};
use crate::process::{command, run};
use crate::{Result, hub, names, repo::Repo, unused};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How the glue of the main part asks for the loader of the others. The program itself knows the
/// loader by the same name, which stays.
const LOADER: &str = "from \"./parts.js\"";

/// How the line of the loader begins that lets a part be asked for.
const DOOR: &str = "export const __wasm_split_load_";

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

/// Fetches a part and what it stands on. The page may have begun to fetch it. Pieces that were merged ask for the main
/// part under a name of its own.
const FETCH: &str = r#"const fetched = {};
const bytes = (file) => (fetched[file] ??= globalThis.interleaveEarly?.[file] ?? fetch(new URL(file, import.meta.url)).then((answer) => {
    if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
    return answer.arrayBuffer();
})).catch((error) => {
    delete fetched[file];
    delete globalThis.interleaveEarly?.[file];
    throw error;
});
const part = (file, below) => makeLoad(() => {
    const wasm = bytes(file);
    wasm.catch(() => {});
    return async (imports) => WebAssembly.instantiate(await wasm, { ...imports, __main: imports.__wasm_split });
}, below);
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
    let loads = read(&parts.join("parts.js"))?;
    let chunks = chunks(&loads);
    let doors = doors(&loads);
    for group in groups(&chunks) {
        let merged = merge(repo, &parts, &group, &chunks)?;
        bring(repo, &merged, &dir.join(file(&stem, &group)), &profile)?;
    }
    for door in &doors {
        bring(
            repo,
            &parts.join(format!("split_{door}.wasm")),
            &dir.join(file(&stem, door)),
            &profile,
        )?;
    }
    let loader = loader(&loads, &stem, &chunks, &doors)?;
    write(&dir.join(format!("{stem}_parts.js")), &loader)?;
    let main = dir.join(format!("{stem}_bg.wasm"));
    let bare = parts.join("bare.wasm");
    store(&bare, &unused::without_exports(&bytes(&main)?).ok_or("the program is cut short")?)?;
    bring(repo, &bare, &main, &profile)?;
    let text = unused::without_classes(&text)
        .ok_or("the glue has other classes than expected, see xtask/src/unused.rs")?;
    let (wasm, text) = names::shorten(&bytes(&main)?, &text)
        .ok_or("the program and its glue do not name the same functions")?;
    store(&main, &wasm)?;
    let text = unused::without_functions(&text);
    write(&glue, &text.replace(LOADER, &format!("from \"./{stem}_parts.js\"")))
}

/// Name of the file of a part.
fn file(stem: &str, part: &str) -> String {
    format!("{stem}_{part}.wasm")
}

/// The glue of the app among the files of a folder.
fn glue(dir: &Path) -> Result<Option<PathBuf>> {
    let is_glue = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("app-") && name.ends_with(".js") && !name.ends_with("_parts.js")
    };
    Ok(list(dir)?.into_iter().find(is_glue))
}

/// A piece that several parts have in common.
struct Chunk {
    /// Such as `chunk_7`.
    name: String,
    /// The parts that need it.
    users: Vec<String>,
}

impl Chunk {
    /// The file that it goes to. There are hundreds of pieces, most of a few bytes, and each file of its own would be a request.
    /// Only shelves of engines have two words in their names.
    fn group(&self) -> String {
        let domain = |it: &String| it.split_once('_').map(|(domain, _)| domain.to_owned());
        let domains: BTreeSet<_> = self.users.iter().map(domain).collect();
        match (domains.first(), domains.len()) {
            (Some(None), 1) => self.group_of_words(),
            (Some(Some(domain)), 1) => format!("shared-{domain}"),
            _ => "shared".to_owned(),
        }
    }

    /// The same for a piece that no shelf needs: those of quizzes, practice and the like must not come with a figure.
    fn group_of_words(&self) -> String {
        let is_user = |part: &&str| self.users.iter().any(|it| it == part);
        match OF_FIGURES.into_iter().filter(is_user).collect::<Vec<_>>()[..] {
            [] => "more".to_owned(),
            [part] => format!("shared-{part}"),
            _ => "shared".to_owned(),
        }
    }
}

/// Parts that some figures need at once, besides their shelf.
const OF_FIGURES: [&str; 2] = ["charts", "embedding"];

/// The pieces that the loader of wasm-bindgen's splitter names. Above each it says who needs it.
fn chunks(loads: &str) -> Vec<Chunk> {
    let lines = loads.lines().zip(loads.lines().skip(1));
    lines
        .filter_map(|(above, line)| {
            let users = above.strip_prefix("/* ")?.strip_suffix(" */")?;
            let (name, _) = line.strip_prefix("const __")?.split_once(' ')?;
            Some(Chunk {
                name: name.to_owned(),
                users: users.split(", ").map(str::to_owned).collect(),
            })
        })
        .collect()
}

/// Names of the parts that can be asked for.
fn doors(loads: &str) -> Vec<String> {
    let name = |line: &str| Some(line.strip_prefix(DOOR)?.split_once(' ')?.0.to_owned());
    loads.lines().filter_map(name).collect()
}

fn groups(chunks: &[Chunk]) -> BTreeSet<String> {
    chunks.iter().map(Chunk::group).collect()
}

/// Makes one file of the pieces of a group.
///
/// Each piece asks the main part for the same memory and table. Merged as they are, they would ask for them many times, which
/// are many memories to the merger. So all ask a hub, which asks once.
fn merge(repo: &Repo, parts: &Path, group: &str, chunks: &[Chunk]) -> Result<PathBuf> {
    let names: Vec<&str> =
        chunks.iter().filter(|it| it.group() == group).map(|it| it.name.as_str()).collect();
    let paths: Vec<PathBuf> = names.iter().map(|it| parts.join(format!("{it}.wasm"))).collect();
    let texts = paths.iter().map(|it| bytes(it)).collect::<Result<Vec<_>>>()?;
    let hub = parts.join(format!("hub-{group}.wasm"));
    let made = hub::of(&texts).ok_or_else(|| format!("a piece of {group} is no wasm"))?;
    store(&hub, &made)?;
    let out = parts.join(format!("group-{group}.wasm"));
    let mut merge = command(repo, "wasm-merge");
    merge.args(FEATURES).arg(&hub).arg(hub::NAME);
    for (path, name) in paths.iter().zip(&names) {
        merge.arg(path).arg(name);
    }
    run(merge.arg("-o").arg(&out).stderr(std::process::Stdio::null()))?;
    Ok(out)
}

/// Brings one part to its place: of a release without names and with smaller code.
fn bring(repo: &Repo, from: &Path, to: &Path, profile: &str) -> Result<()> {
    let wasm = if profile == "release" { shrunk(repo, from)? } else { bytes(from)? };
    store(to, &wasm)
}

/// The loader, fetching each part from its file here and, first, the groups that it stands on.
fn loader(loads: &str, stem: &str, chunks: &[Chunk], doors: &[String]) -> Result<String> {
    let is_own = |line: &&str| {
        !line.starts_with("/* ") && !line.starts_with(DOOR) && !line.starts_with("const __")
    };
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let head: Vec<&str> =
        loads.lines().take_while(is_own).filter(|line| !is_comment(line)).collect();
    let head = head.join("\n").replace("\"./app.js\"", &format!("\"./{stem}.js\""));
    if !(head.contains("function makeLoad(") && head.contains("function wrapAsyncCb(")) {
        return Err("the loader of the parts has another form than expected".to_owned());
    }
    let name = |group: &str| group.replace('-', "_");
    let mut out = format!("{head}\n{FETCH}");
    for group in groups(chunks) {
        let file = file(stem, &group);
        out.push_str(&format!("const {} = part(\"./{file}\", []);\n", name(&group)));
    }
    for door in doors {
        let below: BTreeSet<String> = chunks
            .iter()
            .filter(|it| it.users.contains(door))
            .map(|it| name(&it.group()))
            .collect();
        let below = below.into_iter().collect::<Vec<_>>().join(", ");
        let file = file(stem, door);
        out.push_str(&format!("{DOOR}{door} = wrapAsyncCb(part(\"./{file}\", [{below}]));\n"));
    }
    Ok(out)
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
    use super::{chunks, doors, groups, loader};

    const LOADS: &str = "import { initSync } from \"./app.js\";\n\nfunction wrapAsyncCb(callee) {\n    // Why.\n}\nfunction makeLoad(fetcher, deps) {\n}\n\
        /* cpu_other, quiz */\nconst __chunk_1 = makeLoad(() => {\n}\n, []);\n/* game, quiz */\nconst __chunk_2 = makeLoad(() => {\n}\n, []);\n\
        /* cpu_other, cpu_queue */\nconst __chunk_3 = makeLoad(() => {\n}\n, []);\n\
        /* charts, quiz */\nconst __chunk_4 = makeLoad(() => {\n}\n, []);\n/* charts, embedding, tools */\nconst __chunk_5 = makeLoad(() => {\n}\n, []);\n\
        export const __wasm_split_load_quiz = wrapAsyncCb(makeLoad(() => {\n}\n, [__chunk_1, __chunk_2]));\n\
        export const __wasm_split_load_cpu_queue = wrapAsyncCb(makeLoad(() => {\n}\n, [__chunk_3]));\n";

    #[test]
    fn pieces_go_to_those_who_need_them() {
        let chunks = chunks(LOADS);
        let found: Vec<String> = chunks.iter().map(super::Chunk::group).collect();
        assert_eq!(found, ["shared", "more", "shared-cpu", "shared-charts", "shared"]);
        assert_eq!(
            groups(&chunks).into_iter().collect::<Vec<_>>(),
            ["more", "shared", "shared-charts", "shared-cpu"]
        );
        assert_eq!(doors(LOADS), ["quiz", "cpu_queue"]);
    }

    #[test]
    fn the_loader_fetches_the_files_by_their_names_here() {
        let out = loader(LOADS, "app-1", &chunks(LOADS), &doors(LOADS)).unwrap_or_default();
        assert!(out.starts_with("import { initSync } from \"./app-1.js\";\n"), "{out}");
        assert!(!out.contains("Why") && !out.contains("__chunk"), "{out}");
        for line in [
            "const shared_cpu = part(\"./app-1_shared-cpu.wasm\", []);",
            "export const __wasm_split_load_quiz = wrapAsyncCb(part(\"./app-1_quiz.wasm\", [more, shared, shared_charts]));",
            "export const __wasm_split_load_cpu_queue = wrapAsyncCb(part(\"./app-1_cpu_queue.wasm\", [shared_cpu]));",
        ] {
            assert!(out.contains(line), "{out}");
        }
        assert!(loader("import a", "app-1", &[], &[]).is_err());
    }
}
