//! Laws of an access: the first no decides, as a look at each gate alone says.

use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("process/access_check").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn allowed(scenario: &Value) -> bool {
    run(scenario).metric("allowed") == Some(1.0)
}

fn last(scenario: &Value) -> String {
    run(scenario).step(usize::MAX).unwrap().say.clone()
}

fn pick<'a>(rng: &mut Rng, words: &[&'a str]) -> &'a str {
    words[usize::try_from(rng.below(words.len() as u64)).unwrap()]
}

fn random(rng: &mut Rng) -> Value {
    let digits: String =
        (0..3).map(|_| char::from(b'0' + u8::try_from(rng.below(8)).unwrap())).collect();
    let letters = ["r", "w", "x", "rw", "rx", "rwx"];
    let rules: Vec<Value> = (0..rng.below(4))
        .map(|_| {
            let (from, to) = (pick(rng, &["a_t", "b_t"]), pick(rng, &["c_t", "d_t"]));
            json!({"from": from, "to": to, "allow": pick(rng, &letters)})
        })
        .collect();
    let denied = pick(rng, &["openat", "execve", "read", "getppid"]);
    let filter = match rng.below(3) {
        0 => String::new(),
        1 => format!("ld nr\njeq {denied} 0 1\nret errno EPERM\nret allow"),
        _ => format!("ld nr\njeq {denied} 1 0\nret allow\nret kill"),
    };
    json!({
        "wants": pick(rng, &["read", "write", "execute"]),
        "way": pick(rng, &["name", "descriptor", "forwarder"]),
        "filter": filter, "uid": rng.below(3), "groups": [rng.below(3)],
        "owner": rng.below(3), "group": rng.below(3), "mode": digits,
        "dac_override": rng.below(2) == 0, "dac_read_search": rng.below(2) == 0,
        "token": pick(rng, &letters), "cut": rng.below(2) == 0, "mac": rng.below(2) == 0,
        "subject_type": pick(rng, &["a_t", "b_t"]), "object_type": pick(rng, &["c_t", "d_t"]),
        "policy": rules})
}

/// What each gate says, asked alone: filter, token or mode with capabilities, policy.
fn gates(it: &Value) -> [bool; 3] {
    let text = |key: &str| it[key].as_str().unwrap();
    let wants = match text("wants") {
        "read" => "r",
        "write" => "w",
        _ => "x",
    };
    let call = match (text("way"), wants) {
        (_, "x") => "execve",
        ("name", _) => "openat",
        (_, "r") => "read",
        _ => "write",
    };
    let filter = text("filter").split_whitespace().all(|word| word != call);
    let token = text("token").contains(wants) && !(text("way") == "forwarder" && it["cut"] == true);
    let digit = |at: usize| u32::from(text("mode").as_bytes()[at] - b'0');
    let own = if it["uid"] == it["owner"] {
        digit(0)
    } else if it["groups"][0] == it["group"] {
        digit(1)
    } else {
        digit(2)
    };
    let bit = match wants {
        "r" => 4,
        "w" => 2,
        _ => 1,
    };
    let somebody = (0..3).any(|at| digit(at) & 1 != 0);
    let mode = own & bit != 0
        || it["dac_override"] == true && (wants != "x" || somebody)
        || it["dac_read_search"] == true && wants == "r";
    let rule = it["policy"].as_array().unwrap().iter().any(|rule| {
        rule["from"] == it["subject_type"]
            && rule["to"] == it["object_type"]
            && rule["allow"].as_str().unwrap().contains(wants)
    });
    let policy = it["mac"] == false || rule;
    [filter, if text("way") == "name" { mode } else { token }, policy]
}

#[test]
fn the_first_no_decides_and_no_later_gate_is_asked() {
    let mut rng = Rng::new(61);
    let mut n_allowed = 0;
    for _ in 0..2_000 {
        let scenario = random(&mut rng);
        let run = run(&scenario);
        let gates = gates(&scenario);
        let yes = gates.iter().all(|it| *it);
        n_allowed += u32::from(yes);
        assert_eq!(run.metric("allowed"), Some(f64::from(u8::from(yes))), "{scenario}");
        let scene = run.scene(usize::MAX).to_text();
        // A gate behind the first no is named as not asked.
        if !gates[0] || !gates[1] {
            assert!(scene.contains("Policy (MAC) (not asked)"), "{scenario}\n{scene}");
        }
        assert_eq!(run.step(usize::MAX).unwrap().tag, if yes { "allowed" } else { "denied" });
    }
    assert!((200..1_800).contains(&n_allowed), "{n_allowed}");
}

#[test]
fn the_owner_is_judged_by_its_own_bits_alone() {
    let mut it = json!({"uid": 5, "groups": [6], "owner": 5, "group": 6, "mode": "077"});
    assert!(!allowed(&it));
    it["owner"] = json!(4);
    it["mode"] = json!("707");
    assert!(!allowed(&it), "a member of the group is not one of the others");
    it["groups"] = json!([]);
    assert!(allowed(&it));
}

#[test]
fn root_is_stopped_by_the_policy() {
    let it = json!({"uid": 0, "dac_override": true, "mode": "000", "owner": 7});
    assert!(allowed(&it));
    let mut with = it;
    with["mac"] = json!(true);
    assert!(!allowed(&with));
    assert!(last(&with).contains("EACCES"));
}

#[test]
fn a_token_needs_no_permission_and_a_cut_one_gives_none() {
    let mut it = json!({"way": "descriptor", "mode": "000", "owner": 7, "token": "r"});
    assert!(allowed(&it));
    it["wants"] = json!("write");
    assert!(last(&it).contains("EBADF"));
    it["token"] = json!("rw");
    it["way"] = json!("forwarder");
    assert!(allowed(&it));
    it["cut"] = json!(true);
    assert!(!allowed(&it));
}

#[test]
fn faults_of_filter_and_mode_are_told_at_their_place() {
    let entry = engine("process/access_check").unwrap();
    let told = |it: Value| entry.run(&it, Mode::MetricsOnly).unwrap_err().to_string();
    assert_eq!(told(json!({"mode": "8a"})), "/mode: expected three octal digits, such as 640");
    let told_filter = |text: &str| told(json!({ "filter": text }));
    assert!(told_filter("ld nr").starts_with("/filter: line 1"));
    assert!(told_filter("jeq 1 2 0\nret allow\nret kill").contains("2 is more than"));
    assert!(told_filter("jmp 0").contains("expected ld, jeq, jge, jset or ret"));
}
