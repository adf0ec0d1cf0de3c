//! Multiple choice: the right options mixed with the distractors, the same way in every build.

use crate::markdown;
use crate::quiz::Asked;
use crate::schema::Kind;
use crate::toml_doc::Text;

/// Reads the options.
pub(crate) fn read(asked: &Asked<'_>) -> Option<Kind> {
    let (prompt, id) = (asked.prompt, asked.id);
    let distractors = prompt.texts("distractors");
    let index = prompt.count("answerIndex").and_then(|it| usize::try_from(it).ok());
    let sorted = prompt.flag("sortAnswers");
    let answer = asked.answer()?;
    let (right, multiple) = answer.text_or_texts("answer");
    if right.is_empty() {
        answer.fault("answer", format!("question {id}: answer is missing"));
        return None;
    }
    if distractors.is_empty() {
        prompt.fault("distractors", format!("question {id}: distractors are missing"));
        return None;
    }
    let mut options: Vec<(Text, bool)> = distractors.into_iter().map(|it| (it, false)).collect();
    let mut right: Vec<(Text, bool)> = right.into_iter().map(|it| (it, true)).collect();
    check(asked, &options, &right);
    match index {
        Some(index) => {
            if options.len() < index {
                prompt.fault("answerIndex", format!("question {id}: answerIndex is too large"));
            }
            let tail = options.split_off(index.min(options.len()));
            options.append(&mut right);
            options.extend(tail);
        }
        None => {
            options.append(&mut right);
            match sorted {
                true => options.sort_by(|a, b| a.0.text.cmp(&b.0.text)),
                false => options.sort_by_key(|(text, _)| mixed(id, &text.text)),
            }
        }
    }
    let right = (0..).zip(&options).filter(|(_, it)| it.1).map(|(n, _)| n).collect();
    let options = options.iter().map(|(text, _)| markdown::line(asked.here, text)).collect();
    Some(Kind::Choice { options, right, multiple, fixed: index.is_some() || sorted })
}

fn check(asked: &Asked<'_>, distractors: &[(Text, bool)], right: &[(Text, bool)]) {
    let here = asked.here;
    let all: Vec<&Text> = right.iter().chain(distractors).map(|(text, _)| text).collect();
    for (n, text) in all.iter().enumerate() {
        let same =
            |other: &&&Text| other.text.trim().to_lowercase() == text.text.trim().to_lowercase();
        let what = match all[..n].iter().position(|other| same(&other)) {
            _ if text.text.trim().is_empty() => "an empty option",
            Some(before) if before < right.len() && right.len() <= n => {
                "the distractors include the answer"
            }
            Some(_) => "an option stands there twice",
            None => continue,
        };
        here.fault(text.line, format!("question {}: {what}", asked.id));
    }
}

/// A number that orders options the same way in every build (FNV-1a, 64 bits).
fn mixed(id: &str, option: &str) -> u64 {
    let bytes = id.bytes().chain([0]).chain(option.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
