//! What each feature of the Markdown becomes.

use crate::tree::{LESSON, SECOND_LESSON, changed, files, html, lesson, read, with_body};
use content::{Block, Citation, Status, Tab, resolve_links};

#[test]
fn the_course_is_read_as_it_stands() {
    let course = read(&files());
    let modules: Vec<_> =
        course.modules.iter().map(|it| (it.slug.as_str(), it.status, it.minutes)).collect();
    assert_eq!(modules, [("process", Status::InPreparation, 0), ("cpu", Status::Ready, 9)]);
    let lesson = course.lesson("cpu/second").unwrap();
    assert_eq!(lesson.needs, ["cpu/first"]);
    assert_eq!(course.lesson("cpu/first").unwrap().goals, ["Say <em>what</em> comes first."]);
    let citation =
        Citation { key: "ostep".into(), place: "7".into(), label: "OSTEP, chapter 7".into() };
    assert_eq!(course.lesson("cpu/first").unwrap().sources, [citation]);
    assert_eq!(course.glossary["quantum"].html, "<p>The longest <em>turn</em>.</p>\n");
    assert_eq!(course.glossary["quantum"].lessons, ["cpu/first"]);
    assert_eq!(course.sources["ostep"].lessons, ["cpu/first", "cpu/second"]);
    assert_eq!(course.scenario("cpu/round_robin", "benchmark").unwrap().at, Some(4));
}

#[test]
fn a_lesson_may_ask_for_a_script() {
    let sources = "sources = [\"ostep/7\"]";
    let course = read(&changed(LESSON, sources, &format!("{sources}\nscript = \"interview\"")));
    assert_eq!(course.lesson("cpu/first").unwrap().script, "interview");
    assert_eq!(course.lesson("cpu/second").unwrap().script, "");
}

#[test]
fn prose_is_plain_html() {
    assert_eq!(
        html("It's *so* **so** `a<b>`.\nNext -- line.\n\n---\n\n1. a\n2. b\n\n* x\n  * y\n"),
        "<p>It\u{2019}s <em>so</em> <strong>so</strong> <code>a&lt;b&gt;</code>.\n\
         Next \u{2013} line.</p>\n<hr>\n<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n\
         <ul>\n<li>x<ul>\n<li>y</li>\n</ul>\n</li>\n</ul>\n"
    );
}

#[test]
fn a_few_tags_stand_as_they_are() {
    assert_eq!(
        html("Press <kbd>R</kbd>; 2<sup>n</sup>.<!-- a note -->"),
        "<p>Press <kbd>R</kbd>; 2<sup>n</sup>.</p>\n"
    );
    assert_eq!(
        html("<details>\n<summary>More</summary>\n\nIt is *so*.\n\n</details>\n"),
        "<details>\n<summary>More</summary>\n<p>It is <em>so</em>.</p>\n</details>\n"
    );
}

#[test]
fn headings_have_stable_unique_ids() {
    let lesson = lesson("## What's *next*?\n\n### What's next\n\n## Set {#short}\n");
    let got: Vec<_> =
        lesson.headings.iter().map(|it| (it.level, it.id.as_str(), it.text.as_str())).collect();
    assert_eq!(
        got,
        [
            (2, "whats-next", "What's next?"),
            (3, "whats-next-2", "What's next"),
            (2, "short", "Set")
        ]
    );
    assert_eq!(html("## A b\n"), "<h2 id=\"a-b\">A b</h2>\n");
}

#[test]
fn links_name_their_target_until_a_page_resolves_them() {
    let html = html(
        "[q](gloss:quantum) [s](src:ostep/7) [l](lesson:cpu/second#turns) [e](sim:cpu/round_robin) \
         [m](module:cpu) [w](https://example.org/?a&b)",
    );
    assert_eq!(
        html,
        "<p><a class=\"term\" href=\"@gloss/quantum\">q</a> \
         <a class=\"cite\" href=\"@src/ostep\">s</a> <a href=\"@lesson/cpu/second#turns\">l</a> \
         <a href=\"@sim/cpu/round_robin\">e</a> <a href=\"@module/cpu\">m</a> \
         <a rel=\"external noopener\" href=\"https://example.org/?a&amp;b\">w</a></p>\n"
    );
    let page = resolve_links(&html, "../../");
    assert!(page.contains("href=\"../../course/cpu/second.html#turns\""), "{page}");
    assert!(!page.contains("\"@"), "{page}");
}

#[test]
fn a_link_to_an_engine_may_name_a_scenario_and_change_it() {
    let html = html("[a](sim:cpu/round_robin#benchmark+quantum_ticks=3)");
    assert_eq!(
        html,
        "<p><a href=\"@sim/cpu/round_robin#v=1&amp;s=benchmark&amp;quantum_ticks=3\">a</a></p>\n"
    );
    let page = resolve_links(&html, "../../");
    assert!(page.contains("\"../../sim/cpu/round_robin.html#v=1&amp;s=benchmark&amp;"), "{page}");
}

#[test]
fn terms_are_listed_in_order_of_first_use() {
    assert_eq!(lesson("[q](gloss:quantum) again").terms, ["quantum"]);
}

#[test]
fn callouts_have_a_kind_and_a_title() {
    assert_eq!(
        html("> [!gotcha] Which *way* is up?\n> Say it.\n> Always.\n>\n> - a\n"),
        "<aside class=\"callout callout-gotcha\" role=\"note\" \
         aria-label=\"Gotcha: Which way is up?\"><p class=\"callout-title\">\
         <span class=\"callout-kind\">Gotcha</span> Which <em>way</em> is up?</p>\n\
         <p>Say it.\nAlways.</p>\n<ul>\n<li>a</li>\n</ul>\n</aside>\n"
    );
    assert_eq!(
        html("> [!tradeoff]\n>\n> Both.\n"),
        "<aside class=\"callout callout-tradeoff\" role=\"note\" aria-label=\"Trade-off\">\
         <p class=\"callout-title\"><span class=\"callout-kind\">Trade-off</span></p>\n\
         <p>Both.</p>\n</aside>\n"
    );
    assert_eq!(
        html("> Just *said*.\n"),
        "<blockquote>\n<p>Just <em>said</em>.</p>\n</blockquote>\n"
    );
}

#[test]
fn numbers_in_tables_stand_at_the_right() {
    assert_eq!(
        html("| Job | Wait | Note |\n|---|---|:---:|\n| A | 4.2 | x |\n| B | \u{2014} | 1 |\n"),
        "<div class=\"table-wrap\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Table 1: Job, Wait, Note\"><table>\n<thead><tr><th scope=\"col\">Job</th>\
         <th scope=\"col\" class=\"num\">Wait</th><th scope=\"col\" class=\"mid\">Note</th></tr>\
         </thead>\n<tbody>\n<tr><th scope=\"row\">A</th><td class=\"num\">4.2</td>\
         <td class=\"mid\">x</td></tr>\n<tr><th scope=\"row\">B</th>\
         <td class=\"num\">\u{2014}</td><td class=\"mid\">1</td></tr>\n</tbody></table></div>\n"
    );
}

#[test]
fn an_empty_heading_of_a_table_is_a_plain_cell() {
    let html = html("| | a |\n|---|---|\n| **b** | **1** |\n");
    assert!(html.contains("<tr><td></td><th scope=\"col\" class=\"num\">a</th></tr>"), "{html}");
    assert!(html.contains("<td class=\"num\"><strong>1</strong></td>"), "{html}");
}

#[test]
fn formulas_are_mathml() {
    assert_eq!(
        html("With $q$ ticks:\n\n$$q \\le 2$$\n"),
        "<p>With <math display=\"inline\"><mi>q</mi></math> ticks:</p>\n\
         <div class=\"formula\" tabindex=\"0\" role=\"group\" aria-label=\"Formula\">\
         <math display=\"block\"><mi>q</mi><mo>\u{2264}</mo><mn>2</mn></math></div>\n"
    );
}

#[test]
fn drawings_stand_in_the_page_with_their_words() {
    let svg = "<svg viewBox=\"0 0 9 9\"><title>A box</title><desc>It is square.</desc>\n\
               <rect class=\"a\"/><text>Here</text></svg>\n";
    let files = with_body("```drawing a_box\nA *box*.\n```\n").with("drawings/a_box.svg", svg);
    let lesson = read(&files).lesson("cpu/first").unwrap().clone();
    let Some(Block::Html(html)) = lesson.blocks.first() else { panic!("no prose") };
    assert!(
        html.contains(
            "<figure class=\"drawing\" id=\"drawing-a-box\"><div class=\"drawing-frame\" \
             tabindex=\"0\" role=\"group\" aria-label=\"A box\"><svg viewBox=\"0 0 9 9\""
        ),
        "{html}"
    );
    assert!(html.ends_with("</svg></div><figcaption>A <em>box</em>.</figcaption></figure>\n"));
    assert!(
        lesson.plain_text.ends_with("A box It is square. Here A box."),
        "{}",
        lesson.plain_text
    );
}

#[test]
fn listings_have_classes_and_can_be_focused() {
    assert_eq!(
        html("```c\nreturn 1; // <b>\n```\n"),
        "<div class=\"listing\"><pre tabindex=\"0\"><code class=\"language-c\">\
         <span class=\"hl-keyword\">return</span> <span class=\"hl-number\">1</span>; \
         <span class=\"hl-comment\">// &lt;b&gt;</span>\n</code></pre></div>\n"
    );
}

#[test]
fn a_listing_comes_from_its_file() {
    let code = "int a;\n// ANCHOR: pick\n  int b;\n// ANCHOR_END: pick\n";
    let files = with_body("```c file=x.c anchor=pick\n```\n").with("listings/x.c", code);
    let course = read(&files);
    let Some(Block::Html(html)) = course.lesson("cpu/first").unwrap().blocks.last() else {
        panic!("no html");
    };
    assert!(
        html.ends_with(
            "<div class=\"listing\"><p class=\"listing-name\">x.c</p><pre tabindex=\"0\">\
             <code class=\"language-c\"><span class=\"hl-type\">int</span> b;\n</code></pre></div>\n"
        ),
        "{html}"
    );
}

#[test]
fn numbers_come_from_engines_but_not_in_code() {
    let html = html(
        "{{cpu/round_robin benchmark waiting_ticks_mean}} \
         {{cpu/round_robin benchmark waiting_ticks_mean .2}} `{{x}}` \
         {{cpu/round_robin benchmark+quantum_ticks=100 n_switches}} \
         {{cpu/round_robin benchmark utilisation %}} \
         {{%of cpu/round_robin benchmark turnaround_ticks_mean over cpu/round_robin benchmark \
         waiting_ticks_mean}} $q = {{cpu/round_robin benchmark finish_ticks.P1}}$\n",
    );
    assert_eq!(
        html,
        "<p>7.2 7.20 <code>{{x}}</code> 4 100% 61% <math display=\"inline\"><mi>q</mi>\
         <mo>=</mo><mn>20</mn></math></p>\n"
    );
}

#[test]
fn a_figure_has_its_scenario_and_what_it_leaves_out() {
    let course = read(&files());
    let lesson = course.lesson("cpu/second").unwrap();
    let figure = lesson.figures().next().unwrap();
    assert_eq!((figure.title.as_str(), figure.at), ("Five jobs", Some(4)));
    assert_eq!(figure.look_for, "Everybody gets a turn.");
    assert_eq!(figure.name.as_deref(), Some("benchmark"));
    assert!(figure.scenario.starts_with("{\"jobs\":[{\"arrival_ticks\":0,"), "{}", figure.scenario);
    assert!(matches!(lesson.blocks.last(), Some(Block::Quiz(ids)) if ids == &["rr_mean"]));
}

#[test]
fn a_figure_can_set_everything() {
    let files = changed(
        SECOND_LESSON,
        "scenario = \"benchmark\"",
        "scenario = \"benchmark+quantum_ticks=4\"\nat = 2\nshow = [\"timeline\"]\ntab = \"sweep\"\n\
         title = \"Mean {{cpu/round_robin benchmark waiting_ticks_mean}}\"\nlook_for = \"See.\"\n\
         sweep = { field = \"quantum_ticks\", from = 1, to = 9, metrics = [\"n_switches\"] }",
    );
    let course = read(&files);
    let figure = course.lesson("cpu/second").unwrap().figures().next().unwrap();
    assert_eq!(figure.title, "Mean 7.2");
    assert_eq!((figure.name.as_deref(), figure.tab, figure.at), (None, Some(Tab::Sweep), Some(2)));
    assert_eq!(figure.sweep.as_ref().unwrap().metrics, ["n_switches"]);
    assert!(figure.scenario.contains("\"quantum_ticks\":4"), "{}", figure.scenario);
}

#[test]
fn the_text_alone_is_kept_for_search() {
    let lesson = lesson("## It's\n\nA *b*\n`c` $d$.\n\n> [!gotcha] E\n> f\n\n```text\ng\n```\n");
    assert_eq!(lesson.plain_text, "A quantum is a length of time. It's A b c d. Gotcha: E f g");
}
