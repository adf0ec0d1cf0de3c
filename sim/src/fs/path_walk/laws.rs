//! What names and inodes must keep.

use super::tree::{Id, What, World};
use super::{PathWalk, Scenario, State};
use crate::engine::{Engine, Log, typed};
use crate::form::check;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("fs/path_walk").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn states(scenario: &Value) -> Vec<State> {
    let scenario: Scenario = typed(&check(PathWalk::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    PathWalk::run(&scenario, &mut log).unwrap();
    log.frames().iter().map(|it| it.state.clone()).collect()
}

/// How the calls of a script end.
fn results(script: &str) -> Vec<String> {
    let all = states(&json!({ "script": script }));
    all.last().unwrap().results.iter().map(|it| it.0.clone()).collect()
}

#[test]
fn a_path_of_three_names_takes_seven_reads_and_then_none() {
    let setup = "mkdir /usr\nmkdir /usr/bin\ncreate /usr/bin/vim";
    let script = "stat /usr/bin/vim\nstat /usr/bin/vim\nstat /usr/bin/vi\nstat /usr/bin/vi";
    let run = run(&json!({ "setup": setup, "script": script }));
    let reads = |at: u32| run.metric(&format!("reads.{at}")).unwrap();
    assert_eq!([reads(1), reads(2), reads(3), reads(4)], [7.0, 0.0, 0.0, 0.0]);
    assert_eq!(run.metric("n_hits"), Some(8.0));
}

#[test]
fn links_of_a_directory_are_its_name_its_dot_and_its_subdirectories() {
    let files: String = (0..10).map(|it| format!("create /d/f{it}\n")).collect();
    let script = format!("mkdir /d\nmkdir /d/a\nmkdir /d/b\nmkdir /d/c\n{files}");
    assert_eq!(run(&json!({ "script": script })).metric("links.12"), Some(5.0));
}

#[test]
fn calls_fail_as_on_linux() {
    let script = "create /a\nmkdir /d\nlink /a /d/b\nsymlink /a /s\nsymlink /nowhere /t\nlink /d /e\n\
        unlink /d\nrmdir /a\nrmdir /d\nrename /d /d/x\nrename /a /d/b\nstat /a/x\nstat /t\nlstat /t\n\
        create /t\nmount usb /d\nlink /a /d/b\nrename /a /d/b\nstat /d/..\nrmdir /d\nclose 9\n\
        symlink loop /loop\nstat /loop\nchmod -x /d\nstat /d/x\numount /d\nrename /a /d\nrename /d /a\nstat /a/";
    assert_eq!(
        results(script),
        [
            "inode 12",
            "inode 13",
            "inode 12, 2 links",
            "inode 14",
            "inode 15",
            "EPERM",
            "EISDIR",
            "ENOTDIR",
            "ENOTEMPTY",
            "EINVAL",
            "nothing to do",
            "ENOTDIR",
            "ENOENT",
            "inode 15",
            "EEXIST",
            "mounted",
            "EXDEV",
            "EXDEV",
            "inode 2",
            "EBUSY",
            "EBADF",
            "inode 16",
            "ELOOP",
            "-x",
            "EACCES",
            "unmounted",
            "EISDIR",
            "ENOTDIR",
            "ENOTDIR",
        ]
    );
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let chain = |n: usize| {
        let links: String = (1..=n).map(|it| format!("symlink /l{} /l{it}\n", it - 1)).collect();
        let script = format!("stat /l{n}");
        let setup = format!("create /l0\n{links}");
        let all = states(&json!({ "setup": setup, "script": script }));
        all.last().unwrap().results[0].0.clone()
    };
    assert_eq!([chain(40), chain(41)], ["inode 12", "ELOOP"]);
}

#[test]
fn an_open_file_without_a_name_stays_until_it_is_closed() {
    let script = "create /log\nopen /log\nunlink /log\nread 3\ncreate /new\nclose 3\ncreate /third";
    let all = results(script);
    let freed = ["no name, still open", "inode 12", "inode 13", "freed", "inode 12"];
    assert_eq!(all[2..], freed);
}

#[test]
fn what_cannot_be_set_up_is_told() {
    let scenario = json!({ "setup": "mkdir /a/b", "script": "stat /" });
    let told = engine("fs/path_walk").unwrap().run(&scenario, Mode::Frames).unwrap_err();
    let why = "/setup: mkdir /a/b fails with ENOENT: inode 2 has no name a";
    assert_eq!(told.to_string(), why);
    let told = engine("fs/path_walk").unwrap();
    let told = told.run(&json!({ "script": "stat a\nlink /a" }), Mode::Frames).unwrap_err();
    assert!(
        told.to_string().starts_with("/script: line 1, column 6: a path begins with /"),
        "{told}"
    );
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "s"];

fn random_path(rng: &mut Rng) -> String {
    let names: Vec<&str> = (0..1 + rng.below(4))
        .map(|_| {
            if rng.below(7) == 0 {
                "..".to_owned()
            } else {
                NAMES[rng.below(5) as usize].to_owned()
            }
        })
        .map(|it| if it == ".." { ".." } else { NAMES.iter().find(|name| **name == it).unwrap() })
        .collect();
    format!("/{}", names.join("/"))
}

fn random_script(rng: &mut Rng, n: u64) -> String {
    let mut script = String::new();
    for _ in 0..n {
        let (one, two) = (random_path(rng), random_path(rng));
        let line = match rng.below(15) {
            0 | 1 => format!("create {one}"),
            2..=4 => format!("mkdir {one}"),
            5 => format!("link {one} {two}"),
            6 => format!("symlink {} {two}", &one[usize::from(rng.below(2) == 0)..]),
            7 => format!("unlink {one}"),
            8 => format!("rmdir {one}"),
            9 => format!("rename {one} {two}"),
            10 => format!("open {one}"),
            11 => format!("close {}", 3 + rng.below(3)),
            12 => format!("mount m{} {one}", rng.below(2)),
            13 => format!("umount {one}"),
            _ => format!("chmod {} {one}", if rng.below(4) == 0 { "-x" } else { "+x" }),
        };
        script.push_str(&line);
        script.push('\n');
    }
    script
}

/// The walk over again, with a stack of directories instead of `..` entries.
fn resolve(
    world: &World,
    stack: &mut Vec<Id>,
    path: &str,
    budget: &mut u32,
) -> Result<Id, &'static str> {
    let mut names: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
    let mut last = *stack.last().unwrap();
    names.reverse();
    while let Some(name) = names.pop() {
        let here = *stack.last().unwrap();
        if last != here || !world.is_directory(here) {
            return Err("ENOTDIR");
        }
        if !world.inodes[here].searchable {
            return Err("EACCES");
        }
        if name == ".." {
            if 1 < stack.len() {
                stack.pop();
            }
            last = *stack.last().unwrap();
            continue;
        }
        let mut id = world.entry(here, name).ok_or("ENOENT")?;
        if let What::Link(target) = &world.inodes[id].what {
            if *budget == 0 {
                return Err("ELOOP");
            }
            *budget -= 1;
            if target.starts_with('/') {
                stack.truncate(1);
            }
            last = resolve(world, stack, target, budget)?;
            continue;
        }
        while let Some(system) = world.mounted_on(id) {
            id = world.systems[system].root;
        }
        last = id;
        if world.is_directory(id) {
            stack.push(id);
        }
    }
    Ok(last)
}

#[test]
fn links_equal_names_in_every_state_and_memory_changes_reads_only() {
    let mut rng = Rng::new(8);
    for _ in 0..60 {
        let script = random_script(&mut rng, 40);
        let keeps = states(&json!({ "script": script }));
        let forgets = states(&json!({ "script": script, "memory": "forgets" }));
        for state in keeps.iter().chain(&forgets) {
            let world = &state.world;
            for id in 0..world.inodes.len() {
                assert_eq!(world.inodes[id].n_links, world.names(id), "{script}");
                let open = world.open.iter().flatten().filter(|it| **it == id).count();
                assert_eq!(world.inodes[id].n_open as usize, open);
                let is_gone = world.inodes[id].n_links == 0 && open == 0;
                assert_eq!(world.inodes[id].is_freed, is_gone, "{script}");
            }
        }
        let (keeps, forgets) = (keeps.last().unwrap(), forgets.last().unwrap());
        for (line, (a, b)) in keeps.results.iter().zip(&forgets.results).enumerate() {
            assert_eq!(a.0, b.0, "line {line} of\n{script}");
            assert!(a.1 <= b.1);
        }
        // Every name in memory is as it is on the disk.
        for dentry in &keeps.cache.dentries {
            let found = keeps.world.entry(dentry.directory, &dentry.name);
            assert_eq!(dentry.leads_to, found, "{script}");
        }
    }
}

#[test]
fn a_walk_ends_where_a_stack_of_directories_ends() {
    let mut rng = Rng::new(9);
    let mut n_found = 0;
    for _ in 0..60 {
        let script = random_script(&mut rng, 40);
        for _ in 0..6 {
            let path = random_path(&mut rng);
            let all = states(&json!({ "script": format!("{script}stat {path}") }));
            let last = all.last().unwrap();
            let world = &last.world;
            let mut stack = vec![world.systems[0].root];
            let expected = match resolve(world, &mut stack, &path, &mut 40) {
                Ok(id) => world.called(id),
                Err(error) => error.to_owned(),
            };
            n_found += u32::from(!expected.starts_with('E'));
            assert_eq!(last.results.last().unwrap().0, expected, "{path} after\n{script}");
        }
    }
    assert!(60 < n_found, "{n_found}");
}
