//! All engines by domain, each with a small picture of itself.

use super::shell::Draft;
use super::{Page, Site, html, thumb};
use leptos::prelude::*;

const DESCRIPTION: &str =
    "Every simulation of the course, ready to play, to change, to link and to embed.";

pub(super) fn page(site: &Site) -> Page {
    let n_engines = sim::engines().count();
    let domains = || sim::DOMAINS.iter().filter(|it| it.engines().next().is_some());
    let body = html(|| {
        let sections = domains().map(|domain| {
            let cards = domain.engines().map(|entry| thumb::card(site, entry, ""));
            view! {
                <section aria-labelledby=domain.id>
                    <h2 id=domain.id>{domain.title}</h2>
                    <ul class="cards">{cards.collect_view()}</ul>
                </section>
            }
        });
        view! {
            <header class="page-head">
                <h1>"Simulations"</h1>
                <p class="lead">
                    {format!("{n_engines} engines, each with its own page: the player, the named scenarios, the rules of the model and the code to embed it.")}
                </p>
            </header>
            <div class="gallery">{sections.collect_view()}</div>
        }
        .into_any()
    });
    Draft::new("gallery.html", "Simulations", DESCRIPTION, body).finish(site)
}
