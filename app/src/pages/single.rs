//! A figure as one self-contained file: it works from a disk, in a sandbox and where nothing else may be loaded.

use super::encode::{base64, csp_hash};
use super::files::{Bundle, Files};
use super::shell::SITE;
use super::{Page, Site, embed, html, root_of};
use crate::quiz::escape;
use flate2::{Compression, write::GzEncoder};
use sim::Entry;
use std::io::Write;

/// The page of an engine; `None` in a build without the app.
pub(super) fn page(site: &Site, entry: &Entry, script: Option<&str>) -> Option<Page> {
    let meta = entry.meta;
    let script = script?;
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
    Some(Page { path, text })
}

/// The app as one classic script, the same in every single file: theme, glue, and the wasm, compressed.
#[must_use]
pub(super) fn script(app: &Bundle) -> Option<String> {
    let wasm = base64(&gzip(&app.wasm)?);
    let (theme, glue) = (Files::script_text("theme"), classic(&app.js)?);
    // The text may hold no end tag of its own element.
    let safe = |text: &str| text.replace("</script", "<\\/script");
    Some(format!(
        "{}\n(async () => {{\n{}\n\
         const packed = Uint8Array.from(atob(\"{wasm}\"), (it) => it.charCodeAt(0));\n\
         const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream(\"gzip\"));\n\
         await __wbg_init({{ module_or_path: await new Response(plain).arrayBuffer() }});\n\
         }})().catch((error) => console.warn(\"The interactive part could not start.\", error));\n",
        safe(theme),
        safe(&glue)
    ))
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
        if code.starts_with("import ") {
            return None;
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
    }

    #[test]
    fn a_script_ends_where_its_element_ends() {
        let app =
            Bundle { js: "const a = '</script>';".into(), wasm: vec![1], ..Bundle::default() };
        let script = script(&app).unwrap();
        assert!(!script.contains("</script"), "{script}");
    }
}
