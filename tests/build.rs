//! Lists every named scenario and its golden trace, so that a test in a browser, which has no
//! files, can hold them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let scenarios = root.join("../content/scenarios");
    println!("cargo::rerun-if-changed={}", scenarios.display());
    println!("cargo::rerun-if-changed={}", root.join("golden").display());
    let mut list = String::from("&[\n");
    for (engine, name, path) in named(&scenarios)? {
        let golden = root.join("golden").join(&engine).join(format!("{name}.txt"));
        let golden = match golden.exists() {
            true => format!("include_str!({golden:?})"),
            false => "\"\"".to_owned(),
        };
        let _ = writeln!(list, "    ({engine:?}, {name:?}, include_str!({path:?}), {golden}),");
    }
    list.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    fs::write(out.join("named.rs"), list)
}

/// Engine id, name and file of every named scenario, in order.
fn named(root: &Path) -> io::Result<Vec<(String, String, PathBuf)>> {
    let mut all = Vec::new();
    for domain in entries(root)? {
        for engine in entries(&domain)? {
            for file in entries(&engine)? {
                let id = format!("{}/{}", stem(&domain), stem(&engine));
                all.push((id, stem(&file), file));
            }
        }
    }
    Ok(all)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|it| it.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
