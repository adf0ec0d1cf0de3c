//! A figure as one self-contained file: it works from a disk, in a sandbox and where nothing else may be loaded.

use super::encode::{base64, csp_hash};
use super::files::{Bundle, FRAMED, Files};
use super::shell::SITE;
use super::{Page, Site, embed, html, root_of};
use content::escape;
use flate2::{Compression, write::GzEncoder};
use sim::Entry;
use std::io::Write;

/// The page of an engine, around the script of its shelf.
pub(super) fn page(site: &Site, entry: &Entry, script: &str) -> Page {
    let meta = entry.meta;
    let path = format!("single/{}.html", meta.id);
    let root = root_of(&path);
    let body = html(|| embed::body(site, entry, &root));
    let style = site.files.style_text(true);
    let policy = format!(
        "default-src 'none'; script-src {} 'wasm-unsafe-eval'; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        csp_hash(script),
        csp_hash(&style)
    );
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{} · {SITE}</title>\n<meta name=\"description\" content=\"{}\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <style>{style}</style>\n</head>\n<body class=\"embed\">{body}\n<script>{script}</script>\n</body>\n</html>\n",
        escape(meta.title),
        escape(meta.summary)
    );
    Page { path, text }
}

/// The app as one classic script, the same in every single file of a shelf: theme, glue, and the
/// parts of the program that it needs, compressed.
#[must_use]
pub(super) fn script(app: &Bundle, engines: &[Entry]) -> Option<String> {
    let wasm = base64(&gzip(&app.wasm)?);
    let (theme, glue) = (Files::script_text("theme"), classic(&app.js)?);
    let parts = parts(app, engines)?;
    // The text may hold no end tag of its own element.
    let safe = |text: &str| text.replace("</script", "<\\/script");
    Some(format!(
        "{}\n(async () => {{\n\
         const unpacked = (text) => {{\n\
         const packed = Uint8Array.from(atob(text), (it) => it.charCodeAt(0));\n\
         return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream(\"gzip\"))).arrayBuffer();\n}};\n\
         {}\n{}\n\
         await __wbg_init({{ module_or_path: await unpacked(\"{wasm}\") }});\n\
         }})().catch((error) => console.warn(\"The interactive part could not start.\", error));\n",
        safe(theme),
        safe(&parts),
        safe(&glue)
    ))
}

/// The loader of the parts as statements, with those of a shelf in the text; empty for a program in one piece.
fn parts(app: &Bundle, engines: &[Entry]) -> Option<String> {
    use std::fmt::Write as _;
    let (name, text) = &app.loader;
    if name.is_empty() {
        return Some(String::new());
    }
    let mut out = String::from("const early = {};\n");
    let shown: String =
        engines.iter().map(|it| format!("data-engine=\"{}\"", it.meta.id)).collect();
    for name in app.parts_of(&(shown + FRAMED)) {
        let bytes = base64(&gzip(app.parts.get(name)?)?);
        let _ = writeln!(out, "early[\"./{name}\"] = unpacked(\"{bytes}\");");
    }
    let (mut body, mut doors) = (String::new(), Vec::new());
    for line in text.lines().filter(|it| !it.starts_with("import ")) {
        let door = line.strip_prefix("export const ");
        doors.extend(door.and_then(|it| it.split(' ').next()));
        let line = line.strip_prefix("export ").unwrap_or(line);
        let _ = writeln!(body, "{}", line.replace("import.meta.url", "document.baseURI"));
    }
    let doors = doors.join(", ");
    let _ = write!(
        out,
        "globalThis.interleaveEarly = early;\nconst parts = (() => {{\n{body}return {{ {doors} }};\n}})();"
    );
    Some(out)
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// The glue of wasm-bindgen, an ES module, as statements of a classic script; `None` if it asks for other modules.
#[must_use]
pub fn classic(module: &str) -> Option<String> {
    let mut out = String::with_capacity(module.len());
    for line in module.lines() {
        let code = line.trim_start();
        // The glue asks for nothing but the loader of the parts, which stands above it.
        if let Some(rest) = code.strip_prefix("import ") {
            let name = rest.strip_prefix("* as ")?.split(' ').next()?;
            if !code.contains("_parts.js") {
                return None;
            }
            out.push_str(&format!("const {name} = parts;\n"));
            continue;
        }
        if code.starts_with("export {") || code.starts_with("export default") {
            continue;
        }
        let code = line.strip_prefix("export ").unwrap_or(line);
        out.push_str(&code.replace("import.meta.url", "document.baseURI"));
        out.push('\n');
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{Bundle, classic, script};

    #[test]
    fn a_module_becomes_statements() {
        let module = "let wasm;\nexport function run() {}\nasync function __wbg_init(it) { it = new URL('a', import.meta.url); }\n\
                      export { initSync, __wbg_init as default };\nexport default __wbg_init;\n";
        let plain = classic(module).unwrap();
        assert_eq!(
            plain,
            "let wasm;\nfunction run() {}\nasync function __wbg_init(it) { it = new URL('a', document.baseURI); }\n"
        );
        assert_eq!(classic("import * as a from './a.js';"), None);
        assert_eq!(classic("import * as a from './app-1_parts.js'").unwrap(), "const a = parts;\n");
    }

    #[test]
    fn a_single_file_holds_the_parts_of_its_shelf() {
        let loader = "import { initSync } from \"./app-1.js\";\nconst a = import.meta.url;\nexport const door = a;\n";
        let parts = ["app-1_cpu_queue.wasm", "app-1_io_all.wasm", "app-1_shared.wasm"];
        let app = Bundle {
            loader: ("app-1_parts.js".into(), loader.into()),
            parts: parts.iter().map(|it| ((*it).to_owned(), vec![1])).collect(),
            ..Bundle::default()
        };
        let script = script(&app, sim::registry::CPU_QUEUE.engines).unwrap();
        assert!(script.contains("early[\"./app-1_cpu_queue.wasm\"]"), "{script}");
        assert!(!script.contains("app-1_io_all.wasm"), "{script}");
        assert!(
            script.contains("const a = document.baseURI;\nconst door = a;\nreturn { door };"),
            "{script}"
        );
    }

    #[test]
    fn a_script_ends_where_its_element_ends() {
        let app =
            Bundle { js: "const a = '</script>';".into(), wasm: vec![1], ..Bundle::default() };
        let script = script(&app, sim::registry::CPU_QUEUE.engines).unwrap();
        assert!(!script.contains("</script"), "{script}");
    }
}
