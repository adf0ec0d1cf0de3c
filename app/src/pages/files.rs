//! Scripts, styles and wasm of a build: what Trunk has left in the folder, and what the pages bring along.

use super::Page;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Style sheets in the order in which they build on each other.
const STYLES: [&str; 8] =
    ["tokens", "base", "layout", "page", "drawing", "figure", "player", "quiz"];

/// Style sheets of a page without a figure.
const STYLES_PLAIN: [&str; 5] = ["tokens", "base", "layout", "page", "drawing"];

/// Style sheets of a page for paper.
const STYLES_PAPER: [&str; 8] =
    ["tokens", "base", "layout", "page", "drawing", "figure", "player", "paper"];

/// Small scripts of the pages. Their names carry a hash of what they hold.
const SCRIPTS: [(&str, &str); 6] = [
    ("theme", include_str!("../../../assets/theme.js")),
    ("page", include_str!("../../../assets/page.js")),
    ("boot", include_str!("../../../assets/boot.js")),
    ("filter", include_str!("../../../assets/filter.js")),
    ("interview", include_str!("../../../assets/interview.js")),
    ("search", include_str!("../../../assets/search.js")),
];

/// Other pages link to this one, so its name stays.
const EMBED_SCRIPT: &str = include_str!("../../../assets/embed.js");

const ICON: &str = include_str!("../../../assets/icons/icon.svg");

/// Names of the files that pages ask for, and the texts that are copied into single pages.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Style sheets by stem, such as `page`: file name and text.
    pub styles: BTreeMap<String, (String, String)>,
    /// File name of the index of the search.
    pub search_index: String,
    /// The app; `None` while only pages are drawn, without wasm.
    pub app: Option<Bundle>,
}

/// The app as Trunk leaves it.
#[derive(Debug, Clone, Default)]
pub struct Bundle {
    /// File name of the glue.
    pub js_name: String,
    /// Text of the glue: an ES module.
    pub js: String,
    /// File name of the wasm.
    pub wasm_name: String,
    /// The wasm itself.
    pub wasm: Vec<u8>,
    /// File name and text of what fetches the other parts; empty for a program in one piece.
    pub loader: (String, String),
    /// The other parts, by file name.
    pub parts: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// File names of the parts that a page with this body asks for first, with those on which they stand.
    pub(super) fn parts_of(&self, body: &str) -> Vec<&str> {
        let engines = ids_in(body);
        let shelves: Vec<&str> =
            engines.iter().filter_map(|it| sim::registry::shelf_of(it)).collect();
        let charts = engines.iter().filter_map(|it| sim::engine(it)).any(|it| it.charts);
        let holds = |part: &str| body.contains(&format!("data-{part}="));
        let is_asked = |name: &&str| {
            let own = name.split_once('_').map_or(*name, |(_, own)| own);
            match own.split_once('.').map_or(own, |(own, _)| own) {
                "charts" => charts,
                "embedding" => body.contains(FRAMED),
                "quiz" => holds("quiz") || holds("mixed"),
                part @ ("practice" | "study" | "game") => holds(part),
                shelf => shelves.contains(&shelf),
            }
        };
        let asked: Vec<&str> = self.parts.keys().map(String::as_str).filter(is_asked).collect();
        let below = asked.iter().flat_map(|it| self.below(it));
        let all: BTreeSet<&str> = asked.iter().copied().chain(below).collect();
        all.into_iter().collect()
    }

    /// File names of the parts on which one stands, as the loader tells them: `part("./tools.wasm", [more, shared])`.
    fn below(&self, name: &str) -> Vec<&str> {
        let (_, loader) = &self.loader;
        let after = |begin: &str| Some(loader.split_once(begin)?.1);
        let list = after(&format!("part(\"./{name}\", ["))
            .and_then(|it| it.split_once(']'))
            .map_or("", |(list, _)| list);
        let file =
            |group: &str| Some(after(&format!("const {group} = part(\"./"))?.split_once('"')?.0);
        list.split(", ").filter_map(file).collect()
    }
}

/// What the body of a frame has and no other.
pub(super) const FRAMED: &str = "class=\"embed-main\"";

/// Ids of the engines that a body shows or practises.
fn ids_in(body: &str) -> Vec<&str> {
    let values = |attribute| body.split(attribute).skip(1).filter_map(|it| it.split('"').next());
    // The first that is offered; the others come when they are chosen.
    let first = |it: &'static str| {
        values(it)
            .find_map(|it| it.split("&quot;").find(|it| sim::registry::shelf_of(it).is_some()))
    };
    let offered = first("data-practice=\"").into_iter().chain(first("data-game=\""));
    offered.chain(values("data-engine=\"")).collect()
}

impl Files {
    /// Looks through a folder that Trunk has filled.
    ///
    /// # Errors
    /// A file that cannot be read or is missing, or two that go by the same name.
    pub fn find(dir: &Path) -> Result<Self, String> {
        let failed = |path: &Path, error: std::io::Error| {
            format!("{} cannot be read: {error}", path.display())
        };
        let mut files = Self::default();
        let mut bundle = Bundle::default();
        for entry in std::fs::read_dir(dir).map_err(|error| failed(dir, error))? {
            let path = entry.map_err(|error| failed(dir, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = || std::fs::read_to_string(&path).map_err(|error| failed(&path, error));
            if let Some(stem) = name.strip_suffix(".css").map(stem) {
                if let Some((other, _)) =
                    files.styles.insert(stem.to_owned(), (name.clone(), text()?))
                {
                    return Err(format!("{name} and {other} are the same style sheet"));
                }
            } else if name.ends_with("_bg.wasm") {
                bundle.wasm = std::fs::read(&path).map_err(|error| failed(&path, error))?;
                bundle.wasm_name = name;
            } else if name.starts_with("app-") && name.ends_with("_parts.js") {
                bundle.loader = (name, text()?);
            } else if name.ends_with(".wasm") {
                let part = std::fs::read(&path).map_err(|error| failed(&path, error))?;
                bundle.parts.insert(name, part);
            } else if name.strip_suffix(".js").map(stem) == Some("app") {
                bundle.js = text()?;
                bundle.js_name = name;
            }
        }
        if let Some(stem) =
            STYLES.iter().chain(&STYLES_PAPER).find(|it| !files.styles.contains_key(**it))
        {
            return Err(format!("{} holds no style sheet {stem}.css", dir.display()));
        }
        files.app = match (bundle.js_name.is_empty(), bundle.wasm_name.is_empty()) {
            (false, false) => Some(bundle),
            // A build by Trunk brings the app along; without one the pages are for reading only.
            (true, true) if std::env::var_os("TRUNK_STAGING_DIR").is_none() => None,
            (true, true) => return Err(format!("{} holds no app", dir.display())),
            (false, true) => return Err(format!("{} holds no wasm of the app", dir.display())),
            (true, false) => return Err(format!("{} holds no glue app.js", dir.display())),
        };
        Ok(files)
    }

    /// File names of the style sheets of a page.
    pub(super) fn styles_of(
        &self,
        has_parts: bool,
        is_for_paper: bool,
    ) -> impl Iterator<Item = &str> {
        let stems: &[&str] = match (has_parts, is_for_paper) {
            (_, true) => &STYLES_PAPER,
            (true, false) => &STYLES,
            (false, false) => &STYLES_PLAIN,
        };
        stems.iter().filter_map(|stem| self.styles.get(*stem)).map(|(name, _)| name.as_str())
    }

    /// All styles of a page as one text.
    pub(super) fn style_text(&self, has_parts: bool) -> String {
        let stems: &[&str] = if has_parts { &STYLES } else { &STYLES_PLAIN };
        let texts = stems.iter().filter_map(|stem| self.styles.get(*stem)).map(|(_, text)| &**text);
        texts.collect::<Vec<_>>().join("\n")
    }

    /// Text of a small script.
    pub(super) fn script_text(stem: &str) -> &'static str {
        SCRIPTS.iter().find(|it| it.0 == stem).map_or("", |it| it.1)
    }

    /// File name of a small script.
    pub(super) fn script_name(stem: &str) -> String {
        format!("{stem}-{}.js", hash(Self::script_text(stem)))
    }

    /// The files that the pages bring along.
    #[must_use]
    pub fn own() -> Vec<Page> {
        let page = |path: String, text: &str| Page { path, text: text.to_owned() };
        let mut pages: Vec<Page> =
            SCRIPTS.iter().map(|(stem, text)| page(Self::script_name(stem), text)).collect();
        pages.push(page("embed.js".to_owned(), EMBED_SCRIPT));
        pages.push(page("icon.svg".to_owned(), ICON));
        pages
    }
}

/// The part of a file name before its hash: `app` of `app-0123456789abcdef`. Trunk writes hashes
/// without leading zeros, so a few of them are shorter; no name of ours ends in eight such digits.
fn stem(name: &str) -> &str {
    let is_hash =
        |it: &str| (8..=16).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_hexdigit());
    match name.rsplit_once('-') {
        Some((stem, hash)) if is_hash(hash) => stem,
        Some(_) | None => name,
    }
}

/// Sixteen digits that change when the text does.
pub(super) fn hash(text: &str) -> String {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

#[cfg(test)]
mod tests {
    use super::{Bundle, FRAMED, Files, STYLES, hash, stem};

    #[test]
    fn a_hash_is_cut_off_a_name_and_nothing_else_is() {
        assert_eq!(stem("page-0123456789abcdef"), "page");
        assert_eq!(stem("two-words"), "two-words");
        assert_eq!(stem("page"), "page");
    }

    #[test]
    fn a_page_asks_first_for_the_parts_that_it_shows() {
        let loader = "const more = part(\"./app-1_more.wasm\", []);\nconst shared = part(\"./app-1_shared.wasm\", []);\n\
            const shared_cpu = part(\"./app-1_shared-cpu.wasm\", []);\n\
            export const a = wrapAsyncCb(part(\"./app-1_cpu_queue.wasm\", [shared, shared_cpu]));\n\
            export const b = wrapAsyncCb(part(\"./app-1_cpu_other.wasm\", [shared, shared_cpu]));\n\
            export const c = wrapAsyncCb(part(\"./app-1_quiz.wasm\", [more, shared]));\n\
            export const d = wrapAsyncCb(part(\"./app-1_practice.wasm\", [more]));\n\
            export const e = wrapAsyncCb(part(\"./app-1_charts.wasm\", []));\n";
        let names = [
            "charts",
            "cpu_queue",
            "cpu_other",
            "embedding",
            "game",
            "more",
            "practice",
            "quiz",
            "shared-cpu",
            "shared-io",
            "shared",
            "tools",
        ];
        let parts = names.iter().map(|it| (format!("app-1_{it}.wasm"), Vec::new())).collect();
        let loader = ("app-1_parts.js".to_owned(), loader.to_owned());
        let bundle = Bundle { parts, loader, ..Bundle::default() };
        let figure = "<figure data-engine=\"cpu/fcfs\">";
        let first = ["app-1_cpu_queue.wasm", "app-1_shared-cpu.wasm", "app-1_shared.wasm"];
        assert_eq!(bundle.parts_of(figure), first);
        let framed = format!("<main {FRAMED}>{figure}");
        assert_eq!(bundle.parts_of(&framed)[1], "app-1_embedding.wasm");
        let charted = "<figure data-engine=\"cpu/stride\">";
        assert_eq!(bundle.parts_of(charted)[0], "app-1_charts.wasm");
        let quiz = "<section data-quiz=\"{}\"><figure data-engine=\"cpu/edf\">";
        assert_eq!(
            bundle.parts_of(quiz),
            [
                "app-1_cpu_other.wasm",
                "app-1_more.wasm",
                "app-1_quiz.wasm",
                "app-1_shared-cpu.wasm",
                "app-1_shared.wasm"
            ]
        );
        let practice = "<section data-practice=\"{&quot;offers&quot;:[{&quot;id&quot;:&quot;cpu/fcfs&quot;},{&quot;id&quot;:&quot;cpu/edf&quot;}]}\">";
        let first = [
            "app-1_cpu_queue.wasm",
            "app-1_more.wasm",
            "app-1_practice.wasm",
            "app-1_shared-cpu.wasm",
            "app-1_shared.wasm",
        ];
        assert_eq!(bundle.parts_of(practice), first);
        let game =
            "<section data-game=\"{&quot;a&quot;:[{&quot;engine&quot;:&quot;cpu/fcfs&quot;}]}\">";
        assert_eq!(bundle.parts_of(game)[1], "app-1_game.wasm");
    }

    #[test]
    fn what_is_missing_is_told() -> std::io::Result<()> {
        let dir = std::env::temp_dir().join(format!("interleave-files-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        for stem in STYLES.into_iter().chain(["paper"]) {
            let told = Files::find(&dir).err().unwrap_or_default();
            assert!(told.ends_with(&format!("no style sheet {stem}.css")), "{told}");
            std::fs::write(dir.join(format!("{stem}-f93aba9661ddf1a.css")), "")?;
        }
        assert!(Files::find(&dir).is_ok_and(|it| it.app.is_none()));
        std::fs::write(dir.join("app-0123456789abcdef.js"), "")?;
        let told = Files::find(&dir).err().unwrap_or_default();
        assert!(told.ends_with("no wasm of the app"), "{told}");
        std::fs::write(dir.join("app-0123456789abcdef_bg.wasm"), "")?;
        assert!(Files::find(&dir).is_ok_and(|it| it.app.is_some()));
        std::fs::remove_dir_all(&dir)
    }

    #[test]
    fn the_name_of_a_script_follows_its_text() {
        assert_ne!(hash("a"), hash("b"));
        let names: Vec<String> = Files::own().into_iter().map(|it| it.path).collect();
        assert!(names.contains(&Files::script_name("boot")), "{names:?}");
        assert!(names.contains(&"embed.js".to_owned()));
    }
}
