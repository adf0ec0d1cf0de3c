//! Numbers cut into bit fields.

use super::Mark;
use serde::Serialize;
use std::fmt::Write;

/// One or more numbers, each cut into fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bits {
    /// Numbers from top to bottom.
    pub rows: Vec<BitRow>,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BitRow {
    /// Name at the left.
    pub label: String,
    /// The whole number as text, such as `0x7ffe12345abc`.
    pub text: String,
    /// Fields from the highest bit down, with no gap.
    pub fields: Vec<BitField>,
}

/// A field of neighbouring bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BitField {
    /// Highest bit, inclusive.
    pub high: u8,
    /// Lowest bit, inclusive.
    pub low: u8,
    /// The value of the field.
    pub value: u64,
    /// Name, colour and state; the label is the field's short name.
    pub mark: Mark,
}

impl BitField {
    /// The field's bits, highest first, in groups of four from the right.
    #[must_use]
    pub fn digits(&self) -> String {
        let n_bits = u32::from(self.high - self.low) + 1;
        let mut out = String::new();
        for bit in (0..n_bits).rev() {
            out.push(if (self.value >> bit) & 1 == 1 { '1' } else { '0' });
            if bit % 4 == 0 && bit != 0 {
                out.push(' ');
            }
        }
        out
    }
}

impl Bits {
    pub(super) fn to_text(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let _ = write!(out, "{} {}:", row.label, row.text);
            for field in &row.fields {
                let BitField { high, low, value, mark } = field;
                let _ = write!(out, " {}[{high}:{low}]={value}{}", mark.label, mark.tone.aside());
            }
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{BitField, Mark};

    #[test]
    fn digits_are_grouped_from_the_right() {
        let field = BitField { high: 17, low: 12, value: 0b10_0101, mark: Mark::default() };
        assert_eq!(field.digits(), "10 0101");
    }
}
