//! Writes every page of the site into a folder that Trunk has filled: `prerender --dist DIR [--content DIR]`.
//!
//! `INTERLEAVE_OFFLINE=0` leaves out the worker that keeps the course for reading without a network.
//! `INTERLEAVE_BASE_URL` may hold the address at which the site will stand; then pages name it as theirs.

use app::pages::{Files, Page, Site, notes, previews, worker};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(n_pages) => {
            println!("prerender: {n_pages} files");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Args {
    dist: PathBuf,
    content: PathBuf,
}

fn run() -> Result<usize, String> {
    let Args { dist, content } = args()?;
    let course = content::Course::load(&content).map_err(|faults| faults.to_string())?;
    let sim_src = content.join("../sim/src");
    let notes =
        sim::engines().map(|it| (it.meta.id.to_owned(), notes(&sim_src, it.meta.id))).collect();
    let base_url =
        std::env::var("INTERLEAVE_BASE_URL").ok().filter(|it| it.starts_with("https://"));
    let base_url = base_url.map(|it| format!("{}/", it.trim_end_matches('/')));
    let is_offline = std::env::var("INTERLEAVE_OFFLINE").map_or(true, |it| it != "0");
    let mut site = Site { course, files: Files::find(&dist)?, notes, base_url, is_offline };
    let pages = site.pages();
    let own = Files::own();
    for page in pages.iter().chain(&own) {
        write(&dist, page)?;
    }
    for (path, bytes) in previews(&site)? {
        write_bytes(&dist, &path, &bytes)?;
    }
    if is_offline {
        let mut files = BTreeMap::new();
        collect(&dist, "", &mut files)?;
        write(&dist, &worker(&files))?;
    }
    Ok(pages.len() + own.len())
}

/// Every file below a folder, by its path with `/`.
fn collect(dir: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", dir.display());
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = format!("{below}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, std::fs::read(&path).map_err(failed)?);
        }
    }
    Ok(())
}

fn args() -> Result<Args, String> {
    let usage = || "usage: prerender --dist DIR [--content DIR]".to_owned();
    let mut dist = None;
    let mut content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content");
    let mut args = std::env::args_os().skip(1);
    while let Some(arg) = args.next() {
        let value = PathBuf::from(args.next().ok_or_else(usage)?);
        match arg.to_str() {
            Some("--dist") => dist = Some(value),
            Some("--content") => content = value,
            Some(_) | None => return Err(usage()),
        }
    }
    Ok(Args { dist: dist.ok_or_else(usage)?, content })
}

fn write(dist: &Path, page: &Page) -> Result<(), String> {
    write_bytes(dist, &page.path, page.text.as_bytes())
}

fn write_bytes(dist: &Path, path: &str, bytes: &[u8]) -> Result<(), String> {
    let path = dist.join(path);
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(&path, bytes).map_err(failed)
}
