//! Where the linker puts thread-local variables, and where each thread's copy lies.

use super::tls::Row;

/// A variable and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Var {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) start: Option<i64>,
    /// Distance below the FS base.
    pub(super) below: u64,
}

/// The template.
#[derive(Debug)]
pub(super) struct Layout {
    /// In the order in which they were given.
    pub(super) vars: Vec<Var>,
    /// Size of a copy, up to the control block.
    pub(super) bytes: u64,
    /// The part with start values, which stands in the file.
    pub(super) data_bytes: u64,
}

/// Alignment of a variable: the largest power of two that divides its size, up to 16.
pub(super) const fn align(bytes: u64) -> u64 {
    let power = 1 << bytes.trailing_zeros();
    if power < 16 { power } else { 16 }
}

/// Address of a thread's control block: its FS base. The first lies where the loader has put it, the
/// others at the top of stacks of 8 MiB with a guard page each.
pub(super) fn control_block(thread: usize) -> u64 {
    const FIRST: u64 = 0x7fff_f7fb_0740;
    const SECOND: u64 = 0x7fff_f7cf_f700;
    const STACK: u64 = (8 << 20) + 4_096;
    match thread as u64 {
        0 => FIRST,
        n => SECOND - (n - 1) * STACK,
    }
}

impl Layout {
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut at = 0;
        let mut places = vec![0; rows.len()];
        let mut data_bytes = 0;
        for with_value in [true, false] {
            for (place, row) in places.iter_mut().zip(rows) {
                if row.start.is_some() == with_value {
                    *place = u64::next_multiple_of(at, align(row.bytes));
                    at = *place + row.bytes;
                }
            }
            if with_value {
                data_bytes = at;
            }
        }
        let widest = rows.iter().map(|it| align(it.bytes)).max().unwrap_or(1);
        let bytes = at.next_multiple_of(widest);
        let var = |(row, place): (&Row, &u64)| Var {
            name: row.name.clone(),
            bytes: row.bytes,
            start: row.start,
            below: bytes - place,
        };
        Self { vars: rows.iter().zip(&places).map(var).collect(), bytes, data_bytes }
    }

    /// What a new copy holds.
    pub(super) fn start_values(&self) -> Vec<i64> {
        self.vars.iter().map(|it| it.start.unwrap_or_default()).collect()
    }
}
