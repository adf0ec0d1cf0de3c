//! Writes every page of the site into a folder that Trunk has filled: `prerender --dist DIR [--content DIR]`.
//!
//! `INTERLEAVE_BASE_URL` may hold the address at which the site will stand; then pages name it as theirs.

use app::pages::{Files, Page, Site, notes};
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
    let mut site = Site { course, files: Files::find(&dist)?, notes, base_url };
    let pages = site.pages();
    let own = Files::own();
    for page in pages.iter().chain(&own) {
        write(&dist, page)?;
    }
    Ok(pages.len() + own.len())
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
    let path = dist.join(&page.path);
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(&path, &page.text).map_err(failed)
}
