//! The page for an address that does not exist. It is served at any depth, so it asks for no other file.

use super::encode::csp_hash;
use super::shell::{POLICY, SITE};
use super::{Page, Site, html, icons};
use leptos::prelude::*;

/// Its own few styles: the site's cannot be found from an unknown depth.
const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#fbfaf7;--ink:#1c1f24;--soft:#50555d;--accent:#0b6577;--other:#a4501a}\
@media(prefers-color-scheme:dark){:root{--ground:#15171b;--ink:#e6e4df;--soft:#b4b7bc;--accent:#5fc6d6;--other:#f09a3a}}\
body{margin:0;background:var(--ground);color:var(--ink);font:18px/1.55 Charter,\"Bitstream Charter\",Georgia,serif}\
main{max-width:34rem;margin:0 auto;padding:18vh 20px 48px}\
h1{font-size:2rem;line-height:1.2;margin:24px 0 12px}\
p{margin:0 0 16px;color:var(--soft)}\
a{color:var(--accent);display:inline-block;padding:10px 0}\
a:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:4px}\
svg{width:78px;height:54px}.logo-a{fill:var(--accent)}.logo-b{fill:var(--other)}";

pub(super) fn page(site: &Site) -> Page {
    let body = html(|| {
        // From an unknown depth only a whole address leads home.
        let home = site.base_url.as_ref().map(|base| {
            let href = format!("{base}index.html");
            view! { <p><a href=href>{format!("The first page of {SITE}")}</a></p> }
        });
        view! {
            <main>
                {icons::logo()}
                <h1>"This page was never scheduled"</h1>
                <p>
                    "There is nothing at this address. The link may be old, or a letter of it may be missing. "
                    "The parts of the address before the last slash may still lead somewhere."
                </p>
                {home}
            </main>
        }
        .into_any()
    });
    let policy = POLICY.replace("style-src 'self'", &format!("style-src {}", csp_hash(STYLE)));
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<link rel=\"icon\" href=\"data:,\">\n<title>Not found · {SITE}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>{body}</body>\n</html>\n"
    );
    Page { path: "404.html".to_owned(), text }
}
