//! Quizzes written for mdbook-quiz.

use content::{Kind, read_mdbook_quiz};

const QUIZ: &str = r#"
[multipart]
setup = "Two jobs **arrive**."

[[questions]]
id = "5b2f"
type = "MultipleChoice"
multipart = "setup"
prompt.prompt = "Which run first?"
prompt.distractors = ["B", "C"]
prompt.sortAnswers = true
answer.answer = ["A", "D"]
promptExplanation = true
context = """
Because *A* and `D` were there.
"""

[[questions]]
type = "ShortAnswer"
prompt.prompt = "Keyword?"
prompt.response = "code"
answer.answer = "let"
answer.alternatives = ["`let`", "const"]

[[questions]]
type = "Tracing"
prompt.program = """
fn main() { println!("{}", 1 + 1); }
"""
answer.doesCompile = true
answer.stdout = "2"

[[questions]]
type = "Tracing"
prompt.program = "fn main() { nothing }"
answer.doesCompile = false
answer.lineNumber = 1
"#;

#[test]
fn every_kind_of_question_is_read() {
    let quiz = read_mdbook_quiz("book/rust.toml", QUIZ).unwrap();
    let ids: Vec<&str> = quiz.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["5b2f", "rust_2", "rust_3", "rust_4"]);
    assert_eq!(
        quiz[0].prompt_html,
        "<p>Two jobs <strong>arrive</strong>.</p>\n<p>Which run first?</p>\n"
    );
    let options = ["A", "B", "C", "D"].map(String::from).to_vec();
    let kind = Kind::Choice { options, right: vec![0, 3], multiple: true, fixed: true };
    assert_eq!(quiz[0].kind, kind);
    assert_eq!(quiz[0].why_html, "<p>Because <em>A</em> and <code>D</code> were there.</p>\n");
    assert!(quiz[1].kind.is_right_text("LET") && quiz[1].kind.is_right_text("const"));
    assert!(quiz[2].prompt_html.contains("<code class=\"language-rust\">"));
    assert!(quiz[2].kind.is_right_text("2\n"));
    assert!(quiz[3].kind.is_right_pick(&[1]));
}

#[test]
fn faults_are_told_with_their_line() {
    let quiz = "[[questions]]\ntype = \"MultipleChoice\"\nprompt.prompt = \"?\"\n\
                prompt.distractors = [\"a\"]\nanswer.answer = \"A\"\n\n\
                [[questions]]\ntype = \"Essay\"\nprompt.prompt = \"?\"\nanswer.answer = \"\"\n";
    assert_eq!(
        read_mdbook_quiz("q.toml", quiz).unwrap_err().to_string(),
        "q.toml:4: question q_1: the distractors include the answer\n\
         q.toml:8: type Essay: expected MultipleChoice, ShortAnswer, Tracing or Sim"
    );
    let told = read_mdbook_quiz("q.toml", "[[questions]\n").unwrap_err().to_string();
    assert!(told.starts_with("q.toml:1: not TOML: "), "{told}");
}
