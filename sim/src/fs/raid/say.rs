//! What each step of an array says.

use super::array::{Array, Level, Place, Role};
use crate::words::{count, list};

fn bits(value: u8) -> String {
    format!("{value:04b}")
}

/// `block 5`, or `blocks 5 to 7`.
fn blocks(first: usize, n: usize) -> String {
    match n {
        1 => format!("block {first}"),
        n => format!("blocks {first} to {}", first + n - 1),
    }
}

/// What stands at a place, in words.
pub(super) fn thing(array: &Array, place: Place) -> String {
    match array.role(place) {
        Role::Data(block, _) => format!("block {block}"),
        Role::Parity(stripe) => format!("parity of stripe {stripe}"),
        Role::Free => "free place".to_owned(),
    }
}

/// The same as the object of a sentence.
fn the_thing(array: &Array, place: Place) -> String {
    match array.role(place) {
        Role::Parity(_) => format!("the {}", thing(array, place)),
        Role::Data(..) | Role::Free => thing(array, place),
    }
}

pub(super) fn n_lost(n: usize) -> String {
    format!("{} lost", count(n as u64, "blocks"))
}

pub(super) fn cost(n_reads: u32, n_writes: u32) -> String {
    format!("{}, {}", count(n_reads.into(), "reads"), count(n_writes.into(), "writes"))
}

pub(super) fn start(array: &Array) -> String {
    let (n, room) = (array.n_disks(), array.n_blocks());
    let keeps = match array.level {
        Level::Raid0 => "nothing is kept twice",
        Level::Raid1 => "each block stands on two disks of a pair",
        Level::Raid4 => "the last disk holds the parity of every stripe",
        Level::Raid5 => "the parity goes round the disks",
        Level::Raidz1 => "each stripe has its parity, and two rows are kept free",
    };
    format!("{} over {n} disks has room for {room} blocks: {keeps}.", array.level.name())
}

pub(super) fn read(array: &Array, block: usize, place: Place, value: u8) -> String {
    let which = match array.level {
        Level::Raid1 => ", one of its two copies",
        Level::Raid0 | Level::Raid4 | Level::Raid5 | Level::Raidz1 => "",
    };
    format!("Disk {} gives block {block}{which}: {}. One read is enough.", place.1, bits(value))
}

pub(super) fn checked(block: usize, value: u8, stripe: usize) -> String {
    format!(
        "Block {block} is {}: the data of stripe {stripe} are read as a whole and fit the checksum in the tree.",
        bits(value)
    )
}

pub(super) fn computed(block: usize, place: Place, value: u8, n: usize) -> String {
    let how = match n {
        1 => "the other copy is read".to_owned(),
        n => format!("it is computed from the {n} others of its stripe"),
    };
    format!("Block {block} is {}: disk {} cannot give it, so {how}.", bits(value), place.1)
}

pub(super) fn lost(array: &Array, block: usize) -> String {
    let why = match array.level {
        Level::Raid0 => "it stood on one disk only, and that is gone",
        Level::Raid1 => "both of its copies are gone",
        Level::Raid4 | Level::Raid5 | Level::Raidz1 => "two places of its stripe are gone",
    };
    format!("Block {block} cannot be read, because {why}.")
}

pub(super) fn refused(block: usize) -> String {
    format!(
        "Block {block} does not fit its checksum and cannot be computed another way: the read fails, which is \
         better than a wrong answer."
    )
}

pub(super) fn hopeless(stripe: usize) -> String {
    format!("Stripe {stripe} has more than one wrong block, and one parity cannot restore them.")
}

pub(super) fn cannot(first: usize) -> String {
    format!("Block {first} cannot be written, because two places of its stripe are gone.")
}

pub(super) fn nowhere(first: usize) -> String {
    format!("Block {first} cannot be written, because no disk that holds it works.")
}

/// An answer that is not what was written.
pub(super) fn wrong(say: &str, right: u8) -> String {
    format!("{say} But {} was written there, and the array does not notice.", bits(right))
}

pub(super) fn mismatch(stripe: usize) -> String {
    format!("Stripe {stripe} does not fit the checksum in the tree, so the data are not trusted.")
}

pub(super) fn healed(block: usize, value: u8, disk: usize) -> String {
    format!(
        "Block {block} is computed from the others as {}, which fits the checksum, and disk {disk} is put right.",
        bits(value)
    )
}

pub(super) fn write_plain(array: &Array, first: usize, n: usize, n_writes: usize) -> String {
    let what = blocks(first, n);
    let n_writes = count(n_writes as u64, "writes");
    let why = match array.level {
        Level::Raid1 => "both copies are written, and nothing need be read first",
        Level::Raid0 | Level::Raid4 | Level::Raid5 | Level::Raidz1 => {
            "nothing else depends on what stood there"
        }
    };
    format!("The array writes {what} with {n_writes}: {why}.")
}

pub(super) fn before(array: &Array, first: usize, n: usize, from_rest: bool, row: usize) -> String {
    let what = blocks(first, n);
    match from_rest {
        true => format!(
            "The array reads the blocks of stripe {row} that stay as they are, because the new parity is made of \
             them and of the new {what}."
        ),
        false => format!(
            "The array reads the old {what} and the old parity of stripe {row}, because the new parity follows \
             from them without the other {}.",
            count((array.width() - n) as u64, "blocks")
        ),
    }
}

pub(super) fn data(
    array: &Array,
    first: usize,
    targets: &[Place],
    keeps_parity: bool,
    parity: Place,
) -> String {
    let disks: Vec<String> = targets.iter().map(|it| it.1.to_string()).collect();
    let works = targets.iter().all(|it| array.disks[it.1].works);
    let what = blocks(first, targets.len());
    let then = match keeps_parity {
        true => format!("until disk {} has the new parity, the stripe does not fit", parity.1),
        false => "the disk with the parity is gone, so that is all".to_owned(),
    };
    match (works, targets.len()) {
        (true, 1) => format!("Disk {} gets the new {what}; {then}.", disks[0]),
        (true, _) => format!("Disks {} get the new {what}; {then}.", list(&disks)),
        (false, 1) => format!(
            "Disk {}, where the new {what} belongs, is gone: the parity alone will stand for it.",
            disks[0]
        ),
        (false, _) => format!(
            "The new {what} cannot all be stored, because a disk is gone: what is missing will stand in the parity \
             alone."
        ),
    }
}

/// Values that the new parity might be taken for.
pub(super) fn parities(new: u8, old: u8, values: &[u8], first: u8) -> Vec<String> {
    let mut all = vec![new, old];
    all.extend(values.first().copied());
    all.extend([old ^ first, new ^ 0b1111]);
    crate::order::by_key(&mut all, |it| *it);
    all.dedup();
    all.into_iter().map(bits).collect()
}

pub(super) fn parity(array: &Array, parity: Place, new: u8) -> String {
    format!(
        "Disk {} gets the new {}, {}: a bit is 1 where an odd number of the bits above is.",
        parity.1,
        thing(array, parity),
        bits(new)
    )
}

pub(super) fn cut_plain(array: &Array, block: usize, disk: usize) -> String {
    let then = match array.level {
        Level::Raid1 => "the two copies now differ, and nobody knows it",
        Level::Raid0 | Level::Raid4 | Level::Raid5 | Level::Raidz1 => "nothing else was to change",
    };
    format!("The power fails when disk {disk} has the new block {block}: {then}.")
}

pub(super) fn cut_parity(array: &Array, place: Place, parity: Place) -> String {
    format!(
        "The power fails when disk {} has the new {}, and before disk {} gets the parity: the stripe does not \
         fit any more, and nobody knows it.",
        place.1,
        thing(array, place),
        parity.1
    )
}

pub(super) fn before_elsewhere(stripe: usize, first: usize) -> String {
    format!(
        "The file system reads what else is in stripe {stripe}, because block {first} is not written where it \
         stands: the whole stripe is written anew."
    )
}

pub(super) fn elsewhere(stripe: usize, own: usize, row: usize) -> String {
    format!(
        "The new stripe {stripe} goes to the free row {row} with its parity; row {own} still holds the old one, \
         whole."
    )
}

pub(super) fn root(stripe: usize, own: usize, row: usize) -> String {
    format!(
        "The new root of the tree makes row {row} stripe {stripe}, data and parity in one moment; row {own} is free."
    )
}

pub(super) fn cut_elsewhere(stripe: usize, own: usize) -> String {
    format!(
        "The power fails in the middle of the new stripe: the tree still points to row {own}, where the old \
         stripe {stripe} is whole."
    )
}

pub(super) fn flip(block: usize, place: Place, is_there: bool) -> String {
    match is_there {
        true => format!("Disk {} turns over a bit of block {block} and reports no error.", place.1),
        false => format!("Disk {} has no block {block} that could go bad.", place.1),
    }
}

pub(super) fn fail(array: &Array, disk: usize, lost: &[usize]) -> String {
    let why = match (lost.is_empty(), array.level) {
        (true, Level::Raid1) => "every block has another copy".to_owned(),
        (true, _) => "what stood there follows from the other disks".to_owned(),
        (false, Level::Raid0) => {
            format!("{} stood there and nowhere else", count(lost.len() as u64, "blocks"))
        }
        (false, _) => {
            format!("{} cannot be had from what is left", count(lost.len() as u64, "blocks"))
        }
    };
    let end = if lost.is_empty() { "Nothing is lost" } else { "Data are lost" };
    format!("Disk {disk} fails. {end}: {why}.")
}

pub(super) fn whole(disk: usize) -> String {
    format!("Disk {disk} works, so there is nothing to replace.")
}

pub(super) fn replace(array: &Array, disk: usize) -> String {
    let then = match array.level {
        Level::Raid0 => "there is nothing to fill it from",
        Level::Raid1 => "it is filled from its twin",
        Level::Raid4 | Level::Raid5 => {
            "it is filled row by row, and the array does not know which blocks are in use"
        }
        Level::Raidz1 => "the file system walks its tree and fills only what is in use",
    };
    format!("A new disk {disk} is put in, empty: {then}.")
}

pub(super) fn skip(row: usize) -> String {
    format!("Row {row} is skipped, because nothing in the tree points to it.")
}

pub(super) fn gone(array: &Array, place: Place) -> String {
    format!(
        "Disk {} does not get {}, because what it would be made of is gone.",
        place.1,
        the_thing(array, place)
    )
}

pub(super) fn rebuilt(array: &Array, place: Place, value: u8) -> String {
    let from = match array.level {
        Level::Raid1 => "copied from its twin",
        Level::Raid0 | Level::Raid4 | Level::Raid5 | Level::Raidz1 => {
            "computed from all other disks"
        }
    };
    format!("Disk {} gets {}, {}, {from}.", place.1, the_thing(array, place), bits(value))
}

pub(super) fn unfit(array: &Array, stripe: usize) -> String {
    match array.level {
        Level::Raid1 => {
            format!("The copies of stripe {stripe} differ, and nothing says which is right.")
        }
        Level::Raidz1 => {
            format!(
                "Stripe {stripe} does not fit, and its checksums in the tree say which block is wrong."
            )
        }
        Level::Raid0 | Level::Raid4 | Level::Raid5 => format!(
            "Stripe {stripe} does not fit its parity, and nothing says whether a block or the parity is wrong."
        ),
    }
}

pub(super) fn copied(stripe: usize) -> String {
    format!(
        "The first copies of stripe {stripe} are taken for right and written over the second ones."
    )
}

pub(super) fn repaired(array: &Array, place: Place, value: u8) -> String {
    let thing = the_thing(array, place);
    let why = match array.level {
        Level::Raidz1 => "because the checksum shows that this is what was wrong",
        Level::Raid0 | Level::Raid1 | Level::Raid4 | Level::Raid5 => {
            "because the data are taken for right, which is a guess"
        }
    };
    format!("Disk {} gets {thing} anew, {}, {why}.", place.1, bits(value))
}

pub(super) fn scrub(array: &Array, n: u32) -> String {
    match (array.level, n) {
        (Level::Raid0, _) => {
            "A scrub finds nothing here, because there is nothing to compare with.".to_owned()
        }
        (_, 0) => "The scrub has read all stripes that are whole, and they fit.".to_owned(),
        (_, n) => format!(
            "The scrub has read all stripes and made {} of places.",
            count(n.into(), "repairs")
        ),
    }
}
