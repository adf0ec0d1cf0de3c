//! Questions of the course: what each kind becomes.

use crate::tree::{QUIZ, decisions, files, read};
use content::{Kind, Question};

/// The question that `text`, without id, lesson and explanation, becomes.
#[track_caller]
fn question(text: &str) -> Question {
    let files = files();
    let rest = files.text(QUIZ).unwrap().to_owned();
    let one = format!("[[questions]]\nid = \"q\"\nlesson = \"first\"\ncontext = \"So.\"\n{text}\n");
    let course = read(&files.with(QUIZ, &(one + &rest)));
    course.question("q").unwrap().clone()
}

#[test]
fn a_number_comes_from_the_engine() {
    let course = read(&files());
    let question = course.question("rr_mean").unwrap();
    let kind = Kind::Number { right: 7.2, tolerance: 0.05, unit: "ticks".into() };
    assert_eq!(question.kind, kind);
    assert_eq!(question.prompt_html, "<p>What is the mean wait?</p>\n");
    assert_eq!(question.why_html, "<p>It is 7.2.</p>\n");
    assert_eq!(question.lesson, "cpu/second");
    assert_eq!(question.show.as_ref().unwrap().at, Some(3));
}

#[test]
fn a_number_that_no_engine_computes_is_given() {
    let question = question(
        "type = \"Sim\"\nprompt.kind = \"number\"\nprompt.prompt = \"6?\"\nanswer.value = 6",
    );
    assert_eq!(question.kind, Kind::Number { right: 6.0, tolerance: 0.0, unit: String::new() });
}

#[test]
fn options_are_mixed_the_same_way_in_every_build() {
    let text = "type = \"MultipleChoice\"\nprompt.prompt = \"?\"\n\
                prompt.distractors = [\"a\", \"*b*\", \"c\"]\nanswer.answer = \"d\"";
    let Kind::Choice { options, right, multiple, fixed } = question(text).kind else {
        panic!("no choice");
    };
    assert_eq!(options[right[0]], "d");
    assert!(options.contains(&"<em>b</em>".to_owned()) && options.len() == 4);
    assert!(!multiple && !fixed);
    assert_ne!(options, ["a", "<em>b</em>", "c", "d"]);
    let Kind::Choice { options: again, .. } = question(text).kind else { panic!("no choice") };
    assert_eq!(options, again);
}

#[test]
fn options_can_keep_their_order() {
    let text = "type = \"MultipleChoice\"\nprompt.prompt = \"?\"\nprompt.answerIndex = 1\n\
                prompt.distractors = [\"one\", \"three\"]\nanswer.answer = \"two\"";
    let options = ["one", "two", "three"].map(String::from).to_vec();
    let kind = Kind::Choice { options, right: vec![1], multiple: false, fixed: true };
    assert_eq!(question(text).kind, kind);
}

#[test]
fn an_order_comes_from_a_metric() {
    let text = "type = \"Sim\"\nprompt.kind = \"order\"\nprompt.prompt = \"Who ends first?\"\n\
                answer = { engine = \"cpu/round_robin\", scenario = \"benchmark\", by = \"finish_ticks\" }";
    let items = ["P1", "P2", "P3", "P4", "P5"].map(String::from).to_vec();
    assert_eq!(question(text).kind, Kind::Order { items, right: vec![2, 1, 3, 0, 4] });
}

#[test]
fn an_order_can_be_given() {
    let text = "type = \"Sim\"\nprompt.kind = \"order\"\nprompt.prompt = \"?\"\n\
                prompt.items = [\"b\", \"a\"]\nanswer.order = [\"a\", \"b\"]";
    let items = ["b", "a"].map(String::from).to_vec();
    assert_eq!(question(text).kind, Kind::Order { items, right: vec![1, 0] });
}

#[test]
fn a_decision_is_asked_one_step_before() {
    let at = decisions()[0];
    let text = format!(
        "type = \"Sim\"\nprompt = {{ kind = \"predict\", engine = \"cpu/round_robin\", \
                scenario = \"benchmark\", at = {at} }}"
    );
    let asked = question(&text);
    let Kind::Predict { question, options, right, figure } = asked.kind else {
        panic!("no decision");
    };
    assert_eq!(asked.prompt_html, format!("<p>{question}</p>\n"));
    assert!(2 <= options.len() && right < options.len());
    assert_eq!(
        (figure.at, figure.name.as_deref()),
        (u32::try_from(at - 1).ok(), Some("benchmark"))
    );
}

#[test]
fn questions_go_through_json_unharmed() {
    for question in &read(&files()).modules[1].questions {
        let text = serde_json::to_string(question).unwrap();
        assert_eq!(&serde_json::from_str::<Question>(&text).unwrap(), question);
        assert!(!text.contains("null"), "{text}");
    }
}
