//! The reference counts, and what must hold whatever the technique.

use super::machine::{
    Caches, Does, Event, Line, Machine, Shape, TECHNIQUES, Technique, Why, guest_frame, host_frame,
};
use crate::{Mode, Rng, engine};
use serde_json::json;

fn shape(guest_levels: u32, host_levels: u32) -> Shape {
    Shape {
        guest_levels,
        host_levels,
        caches: Caches::None,
        tlb_entries: 0,
        backed: true,
        mapped_pages: 64,
    }
}

fn count(events: &[Event]) -> u32 {
    let is = |it: &&Event| matches!(it, Event::Reference(..));
    u32::try_from(events.iter().filter(is).count()).unwrap()
}

fn read(page: u32) -> Line {
    Line { does: Does::Read, page }
}

#[test]
fn a_cold_walk_takes_as_many_references_as_the_formula_says() {
    // Reference: `nested_walk`.
    for (guest, host, expected) in [(4, 4, 24), (4, 5, 29), (5, 4, 29), (5, 5, 35), (2, 2, 8)] {
        let mut machine = Machine::new(shape(guest, host), Technique::Nested);
        assert_eq!(count(&machine.line(read(3))), expected, "{guest} by {host}");
        assert_eq!(expected, (guest + 1) * (host + 1) - 1);
        let scenario = json!({"guest_levels": guest, "host_levels": host, "script": [{"page": 3}]});
        let run = engine("memory/nested_paging").unwrap().run(&scenario, Mode::Frames).unwrap();
        assert_eq!(run.metric("n_references_max"), Some(f64::from(expected)));
        assert_eq!(run.metric("references.native"), Some(f64::from(guest)));
    }
    // Native and shadow: four for four levels, the shadow's first after the exit that fills it.
    for technique in [Technique::Native, Technique::Shadow, Technique::Paravirtual] {
        let mut machine = Machine::new(shape(4, 4), technique);
        machine.line(read(3));
        assert_eq!(count(&machine.line(read(3))), 4, "{technique:?}");
    }
}

#[test]
fn caches_leave_the_last_references_only() {
    let n = |caches, technique| {
        let mut machine = Machine::new(Shape { caches, ..shape(4, 4) }, technique);
        machine.line(read(3));
        count(&machine.line(read(4)))
    };
    assert_eq!(n(Caches::None, Technique::Nested), 24);
    // The entry of the page and the host's walk for the page; then one of the host's.
    assert_eq!(n(Caches::Guest, Technique::Nested), 5);
    assert_eq!(n(Caches::Both, Technique::Nested), 2);
    assert_eq!(n(Caches::Both, Technique::Native), 1);
}

#[test]
fn each_technique_needs_the_hypervisor_for_other_things() {
    let exits = |technique, backed, lines: &[Line]| {
        let mut machine = Machine::new(Shape { backed, tlb_entries: 4, ..shape(4, 4) }, technique);
        let all: Vec<Event> = lines.iter().flat_map(|it| machine.line(*it)).collect();
        let needs = |it: &Event| match it {
            Event::Exit(why) | Event::Hypercall(why) => Some(*why),
            _ => None,
        };
        all.iter().filter_map(needs).collect::<Vec<Why>>()
    };
    let of = |does, page| Line { does, page };
    let (map, unmap) = (of(Does::Map, 100), of(Does::Unmap, 100));
    let (switch, wrong) = (of(Does::Switch, 0), read(100));
    let lines = [map, read(100), unmap, switch, wrong];
    use Why::{Backing, Cr3, Fill, Invlpg, Reflect, Write};
    assert_eq!(exits(Technique::Native, true, &lines), []);
    assert_eq!(exits(Technique::Nested, true, &lines), []);
    assert_eq!(exits(Technique::Nested, false, &lines), [Backing]);
    assert_eq!(exits(Technique::Shadow, true, &lines), [Write, Fill, Write, Invlpg, Cr3, Reflect]);
    assert_eq!(exits(Technique::Paravirtual, true, &lines), [Write, Write, Cr3, Reflect]);
}

fn random_script(rng: &mut Rng) -> Vec<Line> {
    (0..rng.between(1, 60))
        .map(|_| {
            let kinds = [Does::Read, Does::Read, Does::Read, Does::Map, Does::Unmap, Does::Switch];
            Line { does: kinds[rng.below(6) as usize], page: rng.below(300) as u32 % 7 * 40 }
        })
        .collect()
}

#[test]
fn every_technique_finds_the_frame_of_two_plain_maps() {
    let mut rng = Rng::new(64);
    for _ in 0..400 {
        let levels = |rng: &mut Rng| rng.between(2, 5) as u32;
        let (guest, host) = (levels(&mut rng), levels(&mut rng));
        let caches = [Caches::None, Caches::Guest, Caches::Both][rng.below(3) as usize];
        let tlb_entries = rng.below(5) as u32;
        let shape = Shape {
            caches,
            tlb_entries,
            backed: rng.below(2) == 0,
            mapped_pages: rng.below(300) as u32,
            ..shape(guest, host)
        };
        let script = random_script(&mut rng);
        for technique in TECHNIQUES {
            let mut machine = Machine::new(shape, technique);
            let mut mapped: Vec<bool> = (0..512).map(|it| it < shape.mapped_pages).collect();
            for line in &script {
                let events = machine.line(*line);
                let place = line.page as usize;
                mapped[place] = match line.does {
                    Does::Map => true,
                    Does::Unmap => false,
                    Does::Read | Does::Switch => mapped[place],
                };
                if line.does != Does::Read {
                    continue;
                }
                let frame = guest_frame(line.page);
                let real = if technique == Technique::Native { frame } else { host_frame(frame) };
                let expected =
                    if mapped[place] { Event::Data(real << 12) } else { Event::GuestFault };
                assert_eq!(events.last(), Some(&expected), "{technique:?}");
                let max = (guest + 1) * (host + 1) - 1;
                let n = count(&events);
                assert!(n <= max * 2, "{n}");
                if technique == Technique::Nested
                    && caches == Caches::None
                    && !events.contains(&Event::Hit)
                {
                    let again = events.contains(&Event::Again);
                    let fault = events.contains(&Event::GuestFault);
                    let walk = if fault { guest * (host + 1) } else { max };
                    assert_eq!(n, if again { 2 * walk } else { walk });
                }
                assert!(machine.tlb.len() <= tlb_entries as usize);
                assert!(machine.tlb.iter().all(|it| mapped[*it as usize]));
            }
        }
    }
}

#[test]
fn caches_and_a_larger_buffer_never_cost_references() {
    let mut rng = Rng::new(65);
    for _ in 0..200 {
        let script = random_script(&mut rng);
        for technique in TECHNIQUES {
            let total = |caches, tlb_entries| {
                let mut machine =
                    Machine::new(Shape { caches, tlb_entries, ..shape(4, 4) }, technique);
                script.iter().map(|it| count(&machine.line(*it))).sum::<u32>()
            };
            assert!(total(Caches::Guest, 2) <= total(Caches::None, 2));
            assert!(total(Caches::Both, 2) <= total(Caches::Guest, 2));
            let by_size: Vec<u32> = (0..6).map(|it| total(Caches::None, it)).collect();
            assert!(by_size.windows(2).all(|it| it[1] <= it[0]), "{by_size:?}");
        }
    }
}

#[test]
fn frames_and_tables_do_not_meet() {
    for levels in 2..6 {
        let shape = shape(levels, 4);
        let mut seen: Vec<u64> = (0..512).map(guest_frame).collect();
        for depth in 0..levels {
            let mut of: Vec<u64> = (0..512).map(|it| shape.table_frame(it, depth)).collect();
            of.sort_unstable();
            of.dedup();
            seen.extend(of);
        }
        let mut host: Vec<u64> = seen.iter().map(|it| host_frame(*it)).collect();
        for all in [&mut seen, &mut host] {
            let n = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), n, "{levels} levels");
        }
    }
}
