//! What a transfer must come to: the formulas, every byte once, and the lesson's numbers.

use super::dma::{Cpu, Device, Dma, Scenario, WAYS, Way};
use crate::engine::{Engine, typed};
use crate::form::check;
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};

fn read(scenario: &Value) -> Scenario {
    typed(&check(Dma::FORM, scenario).unwrap()).unwrap()
}

fn metric(scenario: &Value, key: &str) -> u64 {
    let run = engine("io/dma").unwrap().run(scenario, Mode::MetricsOnly);
    run.unwrap_or_else(|it| panic!("{scenario}: {it}")).metric(key).unwrap() as u64
}

#[test]
fn every_way_costs_what_the_formulas_say() {
    let mut rng = Rng::new(7);
    for _ in 0..300 {
        let bytes = rng.between(1, 20_000);
        let (buffer, word) = (rng.between(64, 2_000), rng.between(1, 8));
        let (read_ns, int_ns) = (rng.between(1, 900), rng.between(1, 3_000));
        let (entry, bell) = (rng.below(200), rng.between(1, 200));
        let scenario = read(&json!({"way": "pieces", "bytes": bytes, "buffer_bytes": buffer,
            "word_bytes": word, "read_ns": read_ns, "interrupt_ns": int_ns, "entry_ns": entry,
            "doorbell_ns": bell, "offset": rng.below(4_096), "mb_s": rng.between(1, 900)}));
        let fills = bytes.div_ceil(buffer);
        let rest = bytes - (fills - 1) * buffer;
        let words = (fills - 1) * buffer.div_ceil(word) + rest.div_ceil(word);
        let n = scenario.pieces().len() as u64;
        let [programmed, interrupts, pieces, list] = WAYS.map(|it| scenario.whole(it));
        assert_eq!(programmed.cpu_ns(), programmed.now);
        assert_eq!(programmed.carry_ns, words * read_ns);
        assert_eq!(interrupts.cpu_ns(), bell + fills * int_ns + words * read_ns);
        assert_eq!(pieces.cpu_ns(), n * (entry + bell + int_ns));
        assert_eq!(list.cpu_ns(), n * entry + bell + int_ns);
        let all = [programmed, interrupts, pieces, list].map(|it| it.n_interrupts);
        assert_eq!(all, [0, fills, n, 1]);
    }
}

#[test]
fn every_byte_arrives_once_and_the_pieces_are_the_frames() {
    let mut rng = Rng::new(8);
    for _ in 0..300 {
        let n_frames = rng.between(1, 17);
        let offset = rng.below(4_096);
        let bytes = rng.between(1, (n_frames * 4_096 - offset).min(65_536));
        let mut frames: Vec<u64> = (0..n_frames).map(|it| it * 3 + rng.below(3)).collect();
        if rng.below(2) == 0 {
            frames.reverse();
        }
        let scenario = read(&json!({"way": "pieces", "bytes": bytes, "offset": offset,
            "frames": frames, "buffer_bytes": 512}));
        // Byte by byte: where each one lies, and where a new piece begins.
        let place = |byte: u64| {
            let at = byte + offset;
            frames[(at / 4_096) as usize] * 4_096 + at % 4_096
        };
        let breaks = (1..bytes).filter(|it| place(*it) != place(it - 1) + 1).count();
        let pieces = scenario.pieces();
        assert_eq!(pieces.len(), breaks + 1);
        assert_eq!(pieces.iter().map(|it| it.bytes).sum::<u64>(), bytes);
        assert_eq!(pieces[0].address, place(0));
        for way in WAYS {
            let mut before = 0;
            for stretch in scenario.plan(way) {
                let is_moving = matches!(stretch.cpu, Cpu::Carry(_))
                    || matches!(stretch.device, Device::Move(_));
                assert_eq!(before != stretch.arrived, is_moving);
                before = stretch.arrived;
            }
            assert_eq!(before, bytes);
        }
    }
}

/// The numbers of the lesson on interrupts, polling and DMA.
#[test]
fn the_lesson_counts_right() {
    // 64 KiB that begin 100 bytes after the start of a page.
    let list = json!({"way": "scatter_gather", "bytes": 65_536, "offset": 100});
    let scenario = read(&list);
    let bytes: Vec<u64> = scenario.pieces().iter().map(|it| it.bytes).collect();
    assert_eq!((bytes.len(), bytes[0], bytes[1], bytes[16]), (17, 3_996, 4_096, 100));
    assert_eq!(metric(&list, "n_interrupts"), 1);
    // An interrupt for each sector: 128 for 64 KiB, 2,048 for a mebibyte.
    let sectors = json!({"way": "interrupts", "bytes": 65_536});
    assert_eq!(metric(&sectors, "n_interrupts") * 16, 2_048);
    assert_eq!(metric(&sectors, "interrupt_ns") * 16, 4_096_000);
    // One for each byte: half a megabyte a second, and nothing else is done.
    let bytes = json!({"way": "interrupts", "bytes": 1_000, "buffer_bytes": 1, "word_bytes": 1});
    assert_eq!(metric(&bytes, "interrupt_ns"), 2_000_000);
    assert_eq!(read(&bytes).whole(Way::Pieces).n_interrupts, 1);
}

#[test]
fn faults_are_told_where_they_are() {
    let told = |scenario: Value| {
        engine("io/dma").unwrap().run(&scenario, Mode::MetricsOnly).unwrap_err().to_string()
    };
    let many = json!({"way": "pieces", "bytes": 65_536, "buffer_bytes": 8});
    assert!(told(many).starts_with("/buffer_bytes: "));
    let few = json!({"way": "pieces", "bytes": 8_192, "frames": [4]});
    assert!(told(few).starts_with("/frames: "));
    let same = json!({"way": "pieces", "bytes": 8_192, "frames": [4, 4]});
    assert!(told(same).starts_with("/frames: "));
}
