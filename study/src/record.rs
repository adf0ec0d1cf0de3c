//! Everything that is known of a learner, as one file to save and to read again.

use crate::answers::ANSWERS_MAX;
use crate::json::{Fault, Reader, is_id};
use crate::{Answers, Desk, Ratings, Stars};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Largest file that is read.
pub const FILE_BYTES_MAX: usize = 4 << 20;

/// What the file says it is.
const FORMAT: &str = "interleave-progress";

/// Changes when the form of the file does.
const VERSION: i64 = 1;

/// Most faults that are told.
const FAULTS_MAX: usize = 8;

/// Most lessons that a file may hold.
const LESSONS_MAX: usize = 5_000;

/// What a learner has done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Lessons that were read to their end, as `module/lesson`.
    pub read: BTreeSet<String>,
    /// Answered questions.
    pub answers: Answers,
    /// Cards.
    pub desk: Desk,
    /// Interview questions.
    pub interview: Ratings,
    /// Levels of the game.
    pub game: Stars,
}

/// What a file has added to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Added {
    /// Lessons that were not read before.
    pub lessons: usize,
    /// Questions that were not answered before, or not right.
    pub answers: usize,
    /// Cards that are new, or were rated later than here.
    pub cards: usize,
    /// Interview questions that were not rated before, or not as well.
    pub interview: usize,
    /// Levels of the game that were not won before, or not as well.
    pub game: usize,
}

impl Record {
    /// Reads what the page keeps of lessons: their paths with spaces between them.
    #[must_use]
    pub fn lessons(text: &str) -> BTreeSet<String> {
        let mut read = BTreeSet::new();
        for lesson in text.split(' ').filter(|it| is_id(it)).take(LESSONS_MAX) {
            read.insert(lesson.to_owned());
        }
        read
    }

    /// The lessons as the page keeps them.
    #[must_use]
    pub fn lessons_text(&self) -> String {
        self.read.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read.is_empty()
            && self.answers.is_empty()
            && self.desk.cards.is_empty()
            && self.interview.is_empty()
            && self.game.is_empty()
    }

    /// The file. `saved` says when, for people.
    #[must_use]
    pub fn export(&self, saved: &str) -> String {
        let word = |was_right| if was_right { "right" } else { "wrong" };
        let answers: Map<String, Value> = self
            .answers
            .iter()
            .map(|(id, was_right)| (id.to_owned(), json!(word(was_right))))
            .collect();
        let file = json!({
            "format": FORMAT, "version": VERSION, "saved": saved,
            "read": self.read, "answers": answers, "flash_cards": self.desk.to_json(),
            "interview": self.interview.to_json(), "game": self.game.to_json(),
        });
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Reads a file, every field of it.
    ///
    /// # Errors
    /// What is wrong and where, the first few of them.
    pub fn import(text: &str) -> Result<Self, Vec<Fault>> {
        let whole = |why: String| vec![Fault { place: "The file".to_owned(), why }];
        if FILE_BYTES_MAX < text.len() {
            return Err(whole(format!("is larger than {} MB", FILE_BYTES_MAX >> 20)));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            whole(format!("is not JSON: line {}, column {}", error.line(), error.column()))
        })?;
        let reader = Reader::new(&value, "The file").map_err(|fault| vec![fault])?;
        if !reader.text("format").is_ok_and(|it| it == FORMAT) {
            return Err(whole("holds no progress of this course".to_owned()));
        }
        match reader.get("version").map(Value::as_i64) {
            Ok(Some(VERSION)) => {}
            Ok(Some(other)) if VERSION < other => {
                return Err(whole(format!(
                    "is of version {other}; this page reads version {VERSION}"
                )));
            }
            _ => return Err(vec![reader.fault("version", "is not a version")]),
        }
        let mut faults = Vec::new();
        let mut record = Self::default();
        let fields =
            ["format", "version", "saved", "read", "answers", "flash_cards", "interview", "game"];
        faults.extend(reader.only(&fields).err());
        faults.extend(reader.text("saved").err());
        match reader.get("read") {
            Ok(list) => record.read = lessons(list, &mut faults),
            Err(fault) => faults.push(fault),
        }
        match reader.get("answers") {
            Ok(object) => record.answers = answers(object, &mut faults),
            Err(fault) => faults.push(fault),
        }
        match reader.get("flash_cards") {
            Ok(object) => record.desk = Desk::from_json(object, "flash_cards", &mut faults),
            Err(fault) => faults.push(fault),
        }
        match reader.get("interview") {
            Ok(object) => {
                record.interview = Ratings::from_json(object, "interview", &mut faults);
            }
            Err(fault) => faults.push(fault),
        }
        match reader.get("game") {
            Ok(object) => record.game = Stars::from_json(object, "game", &mut faults),
            Err(fault) => faults.push(fault),
        }
        if faults.is_empty() {
            return Ok(record);
        }
        let n_more = faults.len().saturating_sub(FAULTS_MAX);
        faults.truncate(FAULTS_MAX);
        if n_more != 0 {
            faults.extend(whole(format!("has {n_more} more faults")));
        }
        Err(faults)
    }

    /// Lays another record over this one, and loses nothing: lessons of both, answers that were right
    /// in either, of two states of a card the later one, of two ratings or wins the better one.
    pub fn merge(&mut self, other: &Self) -> Added {
        let n_read = self.read.len();
        self.read.extend(other.read.iter().cloned());
        let mut n_answers = 0;
        for (id, was_right) in other.answers.iter() {
            let is_news = match self.answers.of(id) {
                None => true,
                Some(before) => !before && was_right,
            };
            if is_news {
                self.answers.note(id, was_right);
                n_answers += 1;
            }
        }
        Added {
            lessons: self.read.len() - n_read,
            answers: n_answers,
            cards: self.desk.merge(&other.desk),
            interview: self.interview.merge(&other.interview),
            game: self.game.merge(&other.game),
        }
    }
}

fn lessons(value: &Value, faults: &mut Vec<Fault>) -> BTreeSet<String> {
    let fault = |place: String, why: &str| Fault { place, why: why.to_owned() };
    let Some(list) = value.as_array().filter(|it| it.len() <= LESSONS_MAX) else {
        faults.push(fault("read".to_owned(), "is not a list of lessons"));
        return BTreeSet::new();
    };
    let mut read = BTreeSet::new();
    for (at, lesson) in list.iter().enumerate() {
        match lesson.as_str().filter(|it| is_id(it)) {
            Some(lesson) => drop(read.insert(lesson.to_owned())),
            None => faults.push(fault(format!("read › {}", at + 1), "is not the path of a lesson")),
        }
    }
    read
}

fn answers(value: &Value, faults: &mut Vec<Fault>) -> Answers {
    let mut answers = Answers::default();
    let Some(object) = value.as_object().filter(|it| it.len() <= ANSWERS_MAX) else {
        let why = format!("is not an object of at most {ANSWERS_MAX} answers");
        faults.push(Fault { place: "answers".to_owned(), why });
        return answers;
    };
    for (id, answer) in object {
        let fault = |why: &str| Fault { place: format!("answers › {id}"), why: why.to_owned() };
        match answer.as_str() {
            _ if !is_id(id) => faults.push(fault("is not the id of a question")),
            Some(word @ ("right" | "wrong")) => answers.note(id, word == "right"),
            _ => faults.push(fault("is neither right nor wrong")),
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::{Added, Record};
    use crate::{Answers, Now, Rating};
    use serde_json::Value;

    fn at(seconds: i64) -> Now {
        Now { seconds: 1_790_000_000 + seconds, ahead_minutes: 120 }
    }

    fn record(answers: &str, rated: &[(&str, i64)]) -> Record {
        let mut record = Record {
            read: Record::lessons("cpu/fcfs"),
            answers: Answers::read(answers),
            ..Record::default()
        };
        for (id, seconds) in rated {
            record.desk.rate(id, Rating::Good, at(*seconds));
        }
        record
    }

    #[test]
    fn a_file_is_read_back() {
        let record = record("a=1 b=0", &[("t:job", 0), ("q:a", 5)]);
        let read = Record::import(&record.export("today"));
        let read = read.unwrap_or_default();
        assert_eq!((&read.read, &read.answers), (&record.read, &record.answers));
        assert_eq!(read.desk.cards, record.desk.cards);
        assert!(Record::import(&Record::default().export("")).is_ok_and(|it| it.is_empty()));
    }

    #[test]
    fn two_records_become_one_whichever_comes_first() {
        let one = record("a=1 b=0", &[("t:job", 0), ("t:only", 3)]);
        let other = record("a=0 b=1 c=0", &[("t:job", 9)]);
        let (mut left, mut right) = (one.clone(), other.clone());
        assert_eq!(left.merge(&other), Added { answers: 2, cards: 1, ..Added::default() });
        right.merge(&one);
        assert_eq!(
            (left.answers.text(), &left.desk.cards),
            (right.answers.text(), &right.desk.cards)
        );
        assert_eq!(left.answers.text(), "a=1 b=1 c=0");
        assert_eq!(left.desk.cards["t:job"].last, at(9).seconds);
        let before = left.clone();
        assert_eq!(left.merge(&other), Added::default());
        assert_eq!(left, before, "a second time changes nothing");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_place() {
        let good = record("a=1", &[("t:job", 0)]).export("today");
        let cases = [
            ("\"right\"", "\"perhaps\"", "answers › a is neither right nor wrong"),
            ("\"cpu/fcfs\"", "7", "read › 1 is not the path of a lesson"),
            ("\"cpu/fcfs\"", "\"two words\"", "read › 1 is not the path of a lesson"),
            (
                "\"version\": 1",
                "\"version\": 2",
                "The file is of version 2; this page reads version 1",
            ),
            ("\"version\": 1", "\"version\": \"x\"", "The file › version is not a version"),
            (
                "\"version\": 1",
                "\"version\": 1, \"mood\": 1",
                "The file › mood is not a field that this version knows",
            ),
            ("interleave-progress", "something", "The file holds no progress of this course"),
            (
                "\"difficulty\": 2.1",
                "\"difficulty\": 22.1",
                "flash_cards › cards › t:job › difficulty is not a number from 1 to 10",
            ),
            (
                "\"new_a_day\": 10",
                "\"new_a_day\": 1000",
                "flash_cards › new_a_day is not a whole number from 0 to 200",
            ),
            (
                "\"game\": {}",
                "\"game\": {\"aba\": 4}",
                "game › aba is not a number of stars from 1 to 3",
            ),
            (
                "\"interview\": {}",
                "\"interview\": {\"a\": \"great\"}",
                "interview › a is none of weak, fair and solid",
            ),
            ("t:job", "t job", "flash_cards › cards › t job is not an id"),
            ("{\n  \"answers\"", "{ \"answers\"", ""),
            ("{", "{{", "The file is not JSON: line 1, column 2"),
        ];
        for (from, to, wanted) in cases {
            assert!(good.contains(from), "{from} is not in {good}");
            let told = Record::import(&good.replacen(from, to, 1));
            let told =
                told.err().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(told.join("; "), wanted, "{from} → {to}");
        }
    }

    /// Every value of a good file, replaced by every kind of wrong value: never a panic, and what is
    /// taken is good.
    #[test]
    fn no_wrong_value_gets_through() {
        let record = record("a=1", &[("t:job", 0)]);
        let good: Value = serde_json::from_str(&record.export("today")).unwrap_or_default();
        let wrong = ["null", "-1", "1e308", "\"\"", "[]", "{}", "[[]]", "true", "0.5"];
        let mut pointers = Vec::new();
        walk(&good, String::new(), &mut pointers);
        assert!(12 < pointers.len());
        for pointer in pointers {
            for value in wrong {
                let mut bad = good.clone();
                let Some(place) = bad.pointer_mut(&pointer) else { continue };
                *place = value.parse().unwrap_or_default();
                if let Ok(taken) = Record::import(&bad.to_string()) {
                    assert_eq!(
                        Record::import(&taken.export("")).map(|it| it.desk.cards),
                        Ok(taken.desk.cards)
                    );
                }
            }
        }
    }

    fn walk(value: &Value, at: String, out: &mut Vec<String>) {
        let inner: Vec<(String, &Value)> = match value {
            Value::Object(object) => {
                object.iter().map(|(key, it)| (key.replace('/', "~1"), it)).collect()
            }
            Value::Array(list) => {
                list.iter().enumerate().map(|(n, it)| (n.to_string(), it)).collect()
            }
            _ => Vec::new(),
        };
        for (key, it) in inner {
            walk(it, format!("{at}/{key}"), out);
        }
        out.push(at);
    }

    #[test]
    fn a_file_with_many_faults_tells_the_first_few() {
        let list: Vec<String> = (0..40).map(|_| "0".to_owned()).collect();
        let good = Record::default()
            .export("")
            .replace("\"read\": []", &format!("\"read\": [{}]", list.join(",")));
        let told = Record::import(&good).err().unwrap_or_default();
        assert_eq!(told.len(), 9);
        assert_eq!(told[8].to_string(), "The file has 32 more faults");
    }
}
