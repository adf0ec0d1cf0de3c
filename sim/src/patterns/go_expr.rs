//! Expressions.

use super::go_lang::{Expr, Part};
use super::go_parse::{DEPTH_MAX, Parser};
use crate::text::Word;

impl Parser<'_, '_> {
    pub(super) fn expr(&mut self) -> Option<Expr> {
        let mut out = Vec::new();
        self.binary(1, &mut out)?;
        Some(out)
    }

    /// Operators that bind at least as tightly as `least`, from the left.
    fn binary(&mut self, least: u8, out: &mut Expr) -> Option<()> {
        if 64 < out.len() {
            return self.cursor.wrong("a shorter expression");
        }
        self.primary(out)?;
        loop {
            let Word::Symbol(symbol) = self.cursor.peek() else { return Some(()) };
            let binds = match symbol {
                "||" => 1,
                "&&" => 2,
                "==" | "!=" | "<" | "<=" | ">" | ">=" => 3,
                "+" | "-" => 4,
                "*" | "/" | "%" => 5,
                _ => 0,
            };
            if binds < least {
                return Some(());
            }
            self.cursor.skip();
            self.binary(binds + 1, out)?;
            out.push(Part::Binary(symbol));
        }
    }

    fn primary(&mut self, out: &mut Expr) -> Option<()> {
        match self.cursor.peek() {
            Word::Number(number) => {
                self.cursor.skip();
                out.push(Part::Number(number));
            }
            Word::Name(word @ ("true" | "false")) => {
                self.cursor.skip();
                out.push(Part::Number(i32::from(word == "true")));
            }
            Word::Symbol(sign @ ("-" | "!")) if out.len() < 64 => {
                self.cursor.skip();
                self.primary(out)?;
                out.push(Part::Unary(sign));
            }
            Word::Symbol("(") if self.depth < 2 * DEPTH_MAX => {
                self.cursor.skip();
                self.depth += 1;
                let read = self.binary(1, out);
                self.depth -= 1;
                read?;
                self.cursor.expect(")")?;
            }
            _ => {
                let slot = self.slot(false, false)?;
                out.push(Part::Slot(slot));
            }
        }
        Some(())
    }
}
