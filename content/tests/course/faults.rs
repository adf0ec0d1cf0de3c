//! Each fault, with its file and its line.

use crate::tree::{
    LESSON, QUIZ, SCENARIO, SECOND_LESSON, changed, decisions, files, run, told, with_body,
};

/// A text behind the first lesson, from line 12, has exactly these faults.
#[track_caller]
fn body(body: &str, expected: &[&str]) {
    let expected: Vec<String> =
        expected.iter().map(|it| format!("content/course/cpu/first.md:{it}")).collect();
    assert_eq!(told(&with_body(body)), expected.join("\n"));
}

/// One text replaced in one file has exactly this fault, or these, one a line.
#[track_caller]
fn change(path: &str, from: &str, to: &str, expected: &str) {
    let expected: Vec<String> = expected.lines().map(|it| format!("content/{it}")).collect();
    assert_eq!(told(&changed(path, from, to)), expected.join("\n"));
}

/// One text replaced in the questions, as above.
#[track_caller]
fn quiz(from: &str, to: &str, expected: &str) {
    change(QUIZ, from, to, &format!("course/cpu/questions.toml:{expected}"));
}

/// One line added to the figure of the second lesson, as above.
#[track_caller]
fn figure(added: &str, expected: &str) {
    let from = "scenario = \"benchmark\"";
    let expected = format!("course/cpu/second.md:{expected}");
    change(SECOND_LESSON, from, &format!("{from}\n{added}"), &expected);
}

#[test]
fn links_to_nothing() {
    body("a\n[x](gloss:nothing)", &["13: the glossary has no term nothing"]);
    body("[x](src:nothing/1)", &["12: there is no source nothing"]);
    body("[x](lesson:cpu/third)", &["12: there is no lesson cpu/third"]);
    body("[x](module:process)", &["12: there is no module process with lessons"]);
    body("[x](sim:cpu/nothing)", &["12: there is no engine cpu/nothing"]);
    body("[x](sim:cpu/nothing#a)", &["12: there is no engine cpu/nothing"]);
    body(
        "[x](sim:cpu/round_robin#a)",
        &["12: cpu/round_robin has no scenario a; it has benchmark"],
    );
    body(
        "[x](lesson:cpu/second#nothing)",
        &["12: lesson cpu/second has no heading #nothing; it has turns"],
    );
    body("## A\n\n[x](#b)", &["14: lesson cpu/first has no heading #b; it has a"]);
    body(
        "[x](page.html)",
        &[
            "12: link page.html: expected gloss:, src:, lesson:, module:, page:, sim:, # or https://",
        ],
    );
}

#[test]
fn headings() {
    body("# A", &["12: a heading of level 1: that is the title in the front matter"]);
    body("## A\n\n#### B", &["14: a heading of level 4 right under level 2"]);
    body("## A {#x}\n\n## B {#x}", &["14: there are two headings with id x"]);
    body("> ## A", &["12: a heading inside of a list or a quotation"]);
}

#[test]
fn what_markdown_may_not_hold() {
    body("a <script>b</script>", &["12: raw HTML: </script>", "12: raw HTML: <script>"]);
    body("<img src=\"x\">", &["12: raw HTML: <img src=\"x\">"]);
    body(
        "![x](https://example.org/x.png)",
        &["12: an image from elsewhere: pages ask no other host"],
    );
    body("![x](x.png)", &["12: an image: draw it as a figure"]);
    body("    int a;", &["12: an indented listing: use a fence with a language"]);
    body(
        "> [!hint] A",
        &["12: callout hint: expected one of gotcha, interview, numbers, tradeoff"],
    );
    assert!(told(&with_body("$\\nosuch$")).contains("first.md:12: formula \\nosuch: "));
}

#[test]
fn listings() {
    let known = "c, go, js, rust, sh, json, python, toml, text";
    body("```java\na\n```", &[&format!("12: language \"java\": expected one of {known}")]);
    body("```c file=x.c\n```", &["12: there is no content/listings/x.c"]);
    body("```c anchor=x\na\n```", &["12: an anchor without a file"]);
    body("```c x\na\n```", &["12: x: expected file=\u{2026} or anchor=\u{2026}"]);
    body("```c\n```", &["12: an empty listing"]);
    let files = with_body("```c file=x.c anchor=b\n```").with("listings/x.c", "int a;\n");
    assert_eq!(told(&files), "content/course/cpu/first.md:12: x.c has no anchor b");
}

#[test]
fn drawings() {
    body("```drawing x\nIt is.\n```", &["12: there is no content/drawings/x.svg"]);
    let svg = "<svg viewBox=\"0 0 9 9\"><title>T</title><desc>D.</desc></svg>\n";
    let files = |text: &str| with_body(text).with("drawings/x.svg", svg);
    let at = |it: &str| format!("content/course/cpu/first.md:{it}");
    let caption = at("12: a drawing without a caption: write it into the fence");
    assert_eq!(told(&files("```drawing x\n```")), caption);
    assert_eq!(
        told(&files("```drawing x\nsmall\n```")),
        at("13: the caption: expected a sentence")
    );
    let twice = "```drawing x\nOne.\n```\n\n```drawing x\nTwo.\n```";
    assert_eq!(told(&files(twice)), at("16: x is drawn in two places"));
    assert_eq!(
        told(&files("> ```drawing x\n> It is.\n> ```").with("drawings/x.svg", "")),
        format!(
            "content/course/cpu/first.md:12: drawing: only at the top level of a lesson\n\
             content/drawings/x.svg:1: no lesson shows this drawing"
        )
    );
    let red = svg.replace("<title>", "<g fill=\"red\"/>\n<title>");
    assert_eq!(
        told(&files("```drawing x\nOne.\n```").with("drawings/x.svg", &red)),
        "content/drawings/x.svg:1: fill red: expected none, currentColor or var(--name)"
    );
}

#[test]
fn references() {
    let at =
        "12: {{cpu/round_robin benchmark nothing}}: cpu/round_robin has no metric nothing; it has ";
    let told_ = told(&with_body("{{cpu/round_robin benchmark nothing}}"));
    assert!(told_.starts_with(&format!("content/course/cpu/first.md:{at}")), "{told_}");
    body("{{cpu/x y z}}", &["12: {{cpu/x y z}}: there is no engine cpu/x"]);
    body(
        "{{cpu/round_robin x y}}",
        &["12: {{cpu/round_robin x y}}: cpu/round_robin has no scenario x; it has benchmark"],
    );
    body("a\n{{x}}", &["13: {{x}}: expected ENGINE SCENARIO METRIC"]);
    body("{{x", &["12: {{ without }} on the same line"]);
    body(
        "{{cpu/round_robin benchmark+quantum_ticks=0 n_switches}}",
        &["12: {{cpu/round_robin benchmark+quantum_ticks=0 n_switches}}: cpu/round_robin refuses \
           the scenario: /quantum_ticks: 0 is outside 1 to 1000"],
    );
}

#[test]
fn front_matter() {
    let files = files().with(LESSON, "No front matter, [q](gloss:quantum).\n");
    let told = told(&files);
    assert!(told.contains("first.md:1: front matter is missing"), "{told}");
    change(LESSON, "title = \"The first\"\n", "", "course/cpu/first.md:2: title is missing");
    change(LESSON, "\"The first\"", "\" \"", "course/cpu/first.md:2: title is empty");
    change(LESSON, "first.\"", "first\"", "course/cpu/first.md:3: summary: expected a sentence");
    change(
        LESSON,
        "minutes = 4",
        "minutes = 0",
        "course/cpu/first.md:4: minutes: expected 1 to 60",
    );
    change(
        LESSON,
        "needs = []",
        "needs = [\"second\", \"third\"]",
        "course/cpu/first.md:6: needs second: it does not come before\n\
         course/cpu/first.md:6: needs third: there is no lesson cpu/third",
    );
    change(
        LESSON,
        "needs = []",
        "need = []",
        "course/cpu/first.md:6: need: there is no such key here",
    );
    change(LESSON, "\"ostep/7\"", "\"x/7\"", "course/cpu/first.md:7: there is no source x");
    change(LESSON, "\"ostep/7\"", "", "course/cpu/first.md:7: sources: expected at least one");
}

fn beyond(line: u32) -> String {
    format!("{line}: at is beyond the run, whose last step is {}", run().len() - 1)
}

#[test]
fn figures() {
    figure("at = 999", &beyond(14));
    let slugs: Vec<&str> = run().scene(0).panels.iter().map(|it| it.slug).collect();
    let panels = format!("14: show nothing: the panels are {}", slugs.join(", "));
    figure("show = [\"nothing\"]", &panels);
    figure("tab = \"x\"", "14: tab x: expected one of change, compare, sweep, predict, explore");
    figure("tab = \"compare\"", "14: tab compare: compare names no engine");
    figure("tab = \"explore\"", "14: tab explore: the engine has no choices to explore");
    figure("compare = [\"cpu/x\"]", "14: compare: there is no engine cpu/x");
    figure("compare = [\"cpu/round_robin\"]", "14: compare cpu/round_robin: that is this engine");
    figure("look_for = \"no end\"", "14: look_for: expected a sentence");
    figure("titel = \"x\"", "14: titel: there is no such key here");
    figure("at = \"4\"", "14: at: expected a whole number");
    let from = "scenario = \"benchmark\"";
    let at = "course/cpu/second.md:13";
    change(SECOND_LESSON, from, "", "course/cpu/second.md:13: scenario is missing");
    change(
        SECOND_LESSON,
        from,
        "json = '{'",
        &format!("{at}: json: EOF while parsing an object at line 1 column 1"),
    );
    change(
        SECOND_LESSON,
        from,
        "json = '{}'",
        &format!("{at}: cpu/round_robin refuses the scenario: /jobs: a value is needed here"),
    );
    change(
        SECOND_LESSON,
        "sim cpu/round_robin",
        "sim cpu/x",
        "course/cpu/second.md:12: there is no engine cpu/x",
    );
    body(
        "- ```sim cpu/round_robin\n  scenario = \"benchmark\"\n  ```",
        &["12: sim: only at the top level of a lesson"],
    );
}

#[test]
fn sweeps() {
    let sweep = |text: &str| format!("sweep = {{ {text} }}");
    figure(
        &sweep("field = \"quantum_ticks\", from = 0, to = 9, metrics = [\"n_switches\"]"),
        "14: the sweep leaves quantum_ticks's bounds 1 to 1000",
    );
    figure(
        &sweep("field = \"quantum_ticks\", from = 9, to = 9, metrics = [\"n_switches\"]"),
        "14: to: expected more than from",
    );
    figure(
        &sweep("field = \"quantum_ticks\", from = 1, to = 9, metrics = []"),
        "14: metrics: expected at least one",
    );
    let told = told(&changed(
        SECOND_LESSON,
        "scenario = \"benchmark\"",
        &format!(
            "scenario = \"benchmark\"\n{}",
            sweep("field = \"tie\", from = 1, to = 9, metrics = [\"n_switches\"]")
        ),
    ));
    assert!(told.contains("field tie: expected a setting of cpu/round_robin that is"), "{told}");
}

#[test]
fn quizzes() {
    quiz(
        "answer.engine = \"cpu/round_robin\"\nanswer.scenario = \"benchmark\"\n\
         answer.metric = \"waiting_ticks_mean\"",
        "answer.value = inf",
        "8: question rr_mean: the answer is not a finite number",
    );
    quiz("tolerance = 0.05", "tolerance = -1", "11: tolerance: expected a number from 0");
    quiz(
        "context = \"It is",
        "context = \"\" #",
        "12: question rr_mean: context, its explanation, is missing",
    );
    quiz(
        "prompt.prompt = \"What is the mean wait?\"",
        "prompt.prompt = \"\"",
        "6: question rr_mean: prompt is missing",
    );
    quiz(
        "kind = \"number\"",
        "kind = \"guess\"",
        "5: kind guess: expected number, order or predict",
    );
    quiz("lesson = \"second\"", "lesson = \"third\"", "3: there is no lesson cpu/third");
    quiz("at = 3", "at = 99", &beyond(13));
    quiz(
        "\"benchmark\"\nanswer.metric",
        "\"x\"\nanswer.metric",
        "9: cpu/round_robin has no scenario x; it has benchmark",
    );
    quiz("answer.engine", "answer.motor", "8: engine is missing");
    change(SECOND_LESSON, "rr_mean", "rr_x", "course/cpu/second.md:17: there is no question rr_x");
    body("```quiz\nrr_mean\n```", &["13: question rr_mean belongs to another lesson"]);
    body("```quiz\n```", &["12: an empty quiz"]);
}

#[test]
fn questions_with_the_same_id() {
    let twice = files().text(QUIZ).unwrap().repeat(2);
    assert_eq!(
        told(&files().with(QUIZ, &twice)),
        "content/course/cpu/questions.toml:15: question rr_mean is there twice"
    );
}

/// A question of the first lesson before the others has exactly these faults.
#[track_caller]
fn question(text: &str, expected: &[&str]) {
    let one = format!("[[questions]]\nid = \"q\"\nlesson = \"first\"\ncontext = \"So.\"\n{text}\n");
    let files = files();
    let rest = files.text(QUIZ).unwrap().to_owned();
    let expected: Vec<String> =
        expected.iter().map(|it| format!("content/course/cpu/questions.toml:{it}")).collect();
    assert_eq!(told(&files.with(QUIZ, &(one + &rest))), expected.join("\n"));
}

#[test]
fn choices() {
    let choice = "type = \"MultipleChoice\"\nprompt.prompt = \"?\"\n";
    let with = |text: &str| format!("{choice}{text}");
    question(
        &with("prompt.distractors = [\"a\", \"A\", \"b\"]\nanswer.answer = \"B\""),
        &[
            "7: question q: an option stands there twice",
            "7: question q: the distractors include the answer",
        ],
    );
    question(
        &with("prompt.distractors = [\"\"]\nanswer.answer = \"B\""),
        &["7: question q: an empty option"],
    );
    question(&with("answer.answer = \"B\""), &["6: question q: distractors are missing"]);
    question(&with("prompt.distractors = [\"a\"]"), &["6: question q: answer is missing"]);
    question(
        &with("prompt.distractors = [\"a\"]\nprompt.answerIndex = 3\nanswer.answer = \"b\""),
        &["8: question q: answerIndex is too large"],
    );
}

#[test]
fn orders_and_decisions() {
    let list: Vec<String> = decisions().iter().map(ToString::to_string).collect();
    let order = "type = \"Sim\"\nprompt.kind = \"order\"\nprompt.prompt = \"?\"\n";
    let with = |text: &str| format!("{order}{text}");
    question(
        &with("prompt.items = [\"a\", \"b\"]\nanswer.order = [\"a\", \"c\"]"),
        &["8: question q: items and the right order do not match"],
    );
    question(
        &with("prompt.items = [\"a\", \"b\"]\nanswer.order = [\"a\", \"b\"]"),
        &["8: question q: the items are in the right order already"],
    );
    let by = "answer = { engine = \"cpu/round_robin\", scenario = \"benchmark\", by = \"X\" }";
    question(
        &with(&by.replace('X', "nothing")),
        &["8: cpu/round_robin has no metric nothing of each thing"],
    );
    question(
        "type = \"Sim\"\nprompt = { kind = \"predict\", engine = \"cpu/round_robin\", \
              scenario = \"benchmark\", at = 1 }",
        &[&format!("6: step 1 asks for no decision; these do: {}", list.join(", "))],
    );
}

#[test]
fn leftovers() {
    let added = |path: &str, text: &str| {
        let files = files();
        let old = files.text(path).unwrap_or_default().to_owned();
        told(&files.with(path, &(old + text)))
    };
    assert_eq!(
        added("glossary.toml", "\n[x]\ntitle = \"x\"\ntext = \"See [it](gloss:x).\"\n"),
        "content/glossary.toml:6: term x: no lesson and no question links it"
    );
    assert_eq!(
        added("sources.toml", "\n[x]\nshort = \"X\"\ntitle = \"X\"\n"),
        "content/sources.toml:8: source x: nothing cites it"
    );
    let unlisted = "1: the outline does not list this file";
    assert_eq!(added("course/cpu/x.md", "x"), format!("content/course/cpu/x.md:{unlisted}"));
    assert_eq!(
        added("course/process/questions.toml", ""),
        format!("content/course/process/questions.toml:{unlisted}")
    );
    assert_eq!(added("listings/x.c", ""), "content/listings/x.c:1: no lesson shows this listing");
    assert_eq!(
        added("scenarios/x.json", "{}"),
        "content/scenarios/x.json:1: expected scenarios/<domain>/<engine>/<name>.json"
    );
}

#[test]
fn outlines() {
    let outline = "course/outline.toml";
    change(
        outline,
        "\"second\"]",
        "\"second\", \"third\"]",
        "course/outline.toml:14: there is no content/course/cpu/third.md",
    );
    change(
        outline,
        "\"second\"]",
        "\"second\", \"first\"]",
        "course/cpu/second.md:6: needs first: it does not come before\ncourse/outline.toml:14: lesson first is listed twice",
    );
    change(
        outline,
        "number = 1\n",
        "",
        "course/outline.toml:1: number: expected the module's number, from 1",
    );
    change(
        outline,
        "What runs.",
        "What runs",
        "course/outline.toml:5: summary: expected a sentence",
    );
    change(
        outline,
        "slug = \"process\"",
        "slug = \"A b\"",
        "course/outline.toml:3: slug A b: expected small letters, digits and _",
    );
    change(
        outline,
        "slug = \"process\"",
        "slug = \"cpu\"",
        "course/outline.toml:10: module cpu is listed twice",
    );
    assert_eq!(
        told(&content::Files::default()),
        "content/course/outline.toml:1: the file is missing\n\
         content/glossary.toml:1: the file is missing\n\
         content/sources.toml:1: the file is missing"
    );
}

#[test]
fn glossaries_and_sources() {
    change(
        "glossary.toml",
        "also = [\"time slice\"]",
        "see = [\"x\"]",
        "glossary.toml:3: see x: there is no such other term",
    );
    change(
        "glossary.toml",
        "text = \"The longest *turn*.\"\n",
        "",
        "glossary.toml:1: text is missing",
    );
    change("glossary.toml", "also", "als", "glossary.toml:3: als: there is no such key here");
    change(
        "sources.toml",
        "year = 2018",
        "url = \"http://x\"",
        "sources.toml:5: url http://x: expected one that opens with https://",
    );
    change(
        "sources.toml",
        "[ostep]",
        "[ostep",
        "course/cpu/first.md:7: there is no source ostep\n\
         course/cpu/second.md:7: there is no source ostep\n\
         sources.toml:1: not TOML: unclosed table, expected `]`",
    );
}

#[test]
fn scenarios() {
    let path = "scenarios/cpu/round_robin/benchmark.json";
    change(SCENARIO, "\"at\": 4", "\"at\": 999", &format!("{path}:{}", beyond(5)));
    change(SCENARIO, "\"at\"", "\"step\"", &format!("{path}:5: step: there is no such key here"));
    change(SCENARIO, "turn.", "turn", &format!("{path}:3: about: expected a sentence"));
    change(
        SCENARIO,
        "\"rank\": 1",
        "\"rank\": 0",
        &format!("{path}:4: rank: expected a whole number from 1"),
    );
    let told_ = told(&changed(SCENARIO, "\"rank\": 1,", "\"rank\": 1"));
    assert!(told_.starts_with("content/course/cpu/questions.toml:"), "{told_}");
    assert!(told_.contains(&format!("content/{path}:5: not JSON: ")), "{told_}");
    let other = files().text(SCENARIO).unwrap().to_owned();
    assert_eq!(
        told(&files().with("scenarios/cpu/round_robin/other.json", &other)),
        "content/scenarios/cpu/round_robin/other.json:1: rank 1 is also that of benchmark"
    );
    assert_eq!(
        told(&files().with("scenarios/cpu/x/other.json", &other)),
        "content/scenarios/cpu/x/other.json:1: there is no engine cpu/x"
    );
}
