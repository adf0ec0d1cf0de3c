//! The bits of a table entry: every kind of access is held against 64 bits.
//!
//! # Model
//! One entry of the four-level tables, at a level of choice, and what the other entries of the walk
//! say together about writing, user mode and execution. Every access is tried on the entry as it
//! stands: read, write and fetch, each in user mode and in supervisor mode. The CPU checks that the
//! entry is present, that no reserved bit is set, and then the rights: U/S and R/W must be 1 at
//! every level, XD must be 0 at every level. CR0.WP, SMEP, SMAP with EFLAGS.AC, EFER.NXE and
//! protection keys change what is checked.
//! # Ties
//! An access that fails several checks is told at the first of them, in the order of the table; the
//! error code is the same whichever came first. The key's bit of the code is set if the key forbids
//! the access as well.
//! # Left out
//! Keys of supervisor pages, shadow stacks, HLAT, tables of 32 bits, memory types. Accesses that
//! the CPU makes by itself, which SMAP forbids even with AC set.
//! # Source
//! `intel-sdm`, volume 3A, chapter Paging, access rights and page-fault exceptions.

use super::paging::geometry::hexadecimal;
use super::pte::entry::{Entry, Form, bit};
use super::pte::rules::{ACCESSES, Cpu, Given, Rights};
use super::pte::scene::{self, State};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct PteBits;

/// An entry, bit by bit, and the CPU's settings.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    form: Form,
    present: bool,
    write: bool,
    user: bool,
    pwt: bool,
    pcd: bool,
    accessed: bool,
    dirty: bool,
    bit7: bool,
    global: bool,
    frame: String,
    key: u64,
    xd: bool,
    others_write: bool,
    others_user: bool,
    others_xd: bool,
    write_protect: bool,
    smep: bool,
    smap: bool,
    ac: bool,
    nxe: bool,
    pke: bool,
    key_ad: bool,
    key_wd: bool,
    address_bits: u32,
}

const fn flag(key: &'static str, label: &'static str, help: &'static str, on: bool) -> Field {
    Field::new(key, label, Kind::Flag).help(help).or(Preset::Flag(on))
}

impl Engine for PteBits {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/pte_bits",
        title: "The bits of a table entry",
        summary: "Sixty-four bits decide which access goes through and which one faults.",
        look_for: "Turn a bit over, and see which accesses change and what the error code says.",
        source: "intel-sdm/Paging",
        time_unit: "accesses",
        markers: &["page_fault"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "form",
            "Level",
            Kind::Choice(&[
                ("pte", "Page table: PTE"),
                ("pde", "Page directory: PDE"),
                ("pdpte", "Directory pointers: PDPTE"),
                ("pml4e", "Page map level 4: PML4E"),
            ]),
        )
        .or(Preset::Text("pte")),
        flag("present", "P", "Bit 0. If it is 0, the CPU reads no other bit.", true),
        flag("write", "R/W", "Bit 1. May be written.", true),
        flag("user", "U/S", "Bit 2. User mode may pass.", true),
        flag("pwt", "PWT", "Bit 3. Memory type: write through.", false),
        flag("pcd", "PCD", "Bit 4. Memory type: do not cache.", false),
        flag("accessed", "A", "Bit 5. The CPU sets it when it uses the entry.", true),
        flag("dirty", "D", "Bit 6. The CPU sets it when the page is written.", false),
        flag("bit7", "PAT or PS", "Bit 7. PAT in a PTE; above it 1 means a large page.", false),
        flag("global", "G", "Bit 8. The TLB keeps the page when CR3 is loaded.", false),
        Field::new("frame", "Frame", Kind::Text { max_chars: 24 })
            .help("Bits 12 to 51, in hexadecimal: the physical address without its last 12 bits.")
            .or(Preset::Text("0x1a5")),
        Field::new("key", "Protection key", Kind::Int { min: 0, max: 15 })
            .help("Bits 59 to 62 of the entry of a page.")
            .or(Preset::Int(0)),
        flag("xd", "XD", "Bit 63. No instruction may be fetched.", true),
        flag(
            "others_write",
            "R/W of the others",
            "All other entries of the walk have R/W = 1.",
            true,
        ),
        flag(
            "others_user",
            "U/S of the others",
            "All other entries of the walk have U/S = 1.",
            true,
        ),
        flag("others_xd", "XD of the others", "One of the other entries has XD = 1.", false),
        flag("write_protect", "CR0.WP", "Read-only pages bind the supervisor as well.", true),
        flag("smep", "SMEP", "The supervisor may not execute pages of users.", true),
        flag("smap", "SMAP", "The supervisor may not read or write pages of users.", true),
        flag(
            "ac",
            "EFLAGS.AC",
            "Lets the supervisor through SMAP, as while it copies from a user.",
            false,
        ),
        flag("nxe", "EFER.NXE", "The CPU knows XD. If it does not, bit 63 must be 0.", true),
        flag("pke", "CR4.PKE", "The CPU checks protection keys of user pages.", false),
        flag(
            "key_ad",
            "PKRU access disable",
            "Forbids data accesses to pages with this key.",
            false,
        ),
        flag("key_wd", "PKRU write disable", "Forbids writes to pages with this key.", false),
        Field::new("address_bits", "Physical address", Kind::Int { min: 36, max: 52 })
            .unit("bits")
            .help("The bits of the frame above them must be 0.")
            .or(Preset::Int(46)),
    ];
    const EXAMPLE: &'static str = r#"{"write": false}"#;

    const PAPER: Option<Paper> = Some(super::paper_checks::PTE_BITS);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let given = given(scenario)?;
        log.step(0, "entry", || Shot::new(scene::say_entry(&given), State { tried: 0 }))?;
        let mut n_allowed = 0_u32;
        for (tried, access) in (1..).zip(ACCESSES) {
            let verdict = given.try_access(access);
            let tag = if verdict.code.is_some() { "page_fault" } else { "allowed" };
            n_allowed += u32::from(verdict.code.is_none());
            log.step(u64::from(tried), tag, || {
                let question = format!("How does a {} end?", access.said());
                let options =
                    ["It goes through", "#PF: not present", "#PF: a reserved bit", "#PF: rights"];
                let answer = verdict.failed.map_or(0, |at| at.min(2) + 1);
                let say = scene::say_access(&given, access, &verdict);
                Shot::new(say, State { tried }).ask(
                    &question,
                    options.map(str::to_owned).to_vec(),
                    answer,
                )
            })?;
        }
        let n = ACCESSES.len() as f64;
        let allowed = f64::from(n_allowed);
        log.metric("n_allowed", "Kinds of access allowed", allowed, "accesses", Better::Neither);
        log.metric(
            "n_faults",
            "Kinds of access that fault",
            n - allowed,
            "faults",
            Better::Neither,
        );
        for access in ACCESSES {
            let verdict = given.try_access(access);
            let name = access.slug();
            log.metric_of(
                "allowed",
                name,
                "Allowed",
                f64::from(u8::from(verdict.code.is_none())),
                "",
            );
            if let (Some(code), Some(at)) = (verdict.code, verdict.failed) {
                log.metric_of("error_code", name, "Error code", f64::from(code), "");
                log.metric_of("check", name, "Number of the check that fails", at as f64 + 1.0, "");
            }
        }
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // It was read without a fault when the run was made.
        match given(scenario) {
            Ok(given) => scene::scene(&given, past),
            Err(_) => Scene::default(),
        }
    }
}

fn given(scenario: &Scenario) -> Result<Given, ScenarioError> {
    let Scenario {
        form, present, write, user, pwt, pcd, accessed, dirty, bit7, global, xd, ..
    } = *scenario;
    let frame = match hexadecimal(&scenario.frame) {
        Some(frame) if frame >> (bit::FRAME_END - bit::FRAME) == 0 => frame,
        Some(frame) => {
            let why = format!("{frame:#x} has more than 40 bits");
            return Err(ScenarioError::one("/frame", Fault::Conflict(why)));
        }
        None => {
            let fault = Fault::WrongKind("a frame number in hexadecimal, such as 0x1a5");
            return Err(ScenarioError::one("/frame", fault));
        }
    };
    let flags = [
        (present, bit::P),
        (write, bit::WRITE),
        (user, bit::USER),
        (pwt, bit::PWT),
        (pcd, bit::PCD),
        (accessed, bit::ACCESSED),
        (dirty, bit::DIRTY),
        (bit7, bit::SEVEN),
        (global, bit::GLOBAL),
        (xd, bit::XD),
    ];
    let low = flags.iter().fold(0, |raw, (on, at)| raw | u64::from(*on) << at);
    let raw = low | frame << bit::FRAME | scenario.key << bit::KEY;
    let others =
        Rights { write: scenario.others_write, user: scenario.others_user, xd: scenario.others_xd };
    let cpu = Cpu {
        write_protect: scenario.write_protect,
        smep: scenario.smep,
        smap: scenario.smap,
        ac: scenario.ac,
        nxe: scenario.nxe,
        pke: scenario.pke,
        key_ad: scenario.key_ad,
        key_wd: scenario.key_wd,
        address_bits: scenario.address_bits,
    };
    Ok(Given { entry: Entry { raw, form }, others, cpu })
}
