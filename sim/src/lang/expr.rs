//! Expressions.

use super::ast::{Binary, Expr, ExprKind, Unary};
use super::parse::{DEPTH_MAX, KEYWORDS, Parser};
use crate::text::Word;

impl Parser<'_, '_> {
    pub(super) fn arguments(&mut self) -> Option<Vec<Expr>> {
        self.expect("(")?;
        let mut args = Vec::new();
        if self.take(")") {
            return Some(args);
        }
        loop {
            args.push(self.expr()?);
            if !self.take(",") {
                self.expect(")")?;
                return Some(args);
            }
        }
    }

    pub(super) fn expr(&mut self) -> Option<Expr> {
        self.deeper(|it| it.binary(1))
    }

    /// Operators that bind at least as tightly as `least`, from the left.
    fn binary(&mut self, least: u8) -> Option<Expr> {
        let mut left = self.unary()?;
        let mut n_operators = 0;
        loop {
            let Word::Symbol(symbol) = self.peek() else { return Some(left) };
            let Some((op, binds)) = Binary::of(symbol).filter(|it| least <= it.1) else {
                return Some(left);
            };
            let at = self.place();
            n_operators += 1;
            if DEPTH_MAX < n_operators {
                self.faults.add(at, format!("more than {DEPTH_MAX} operators in a row"));
                return None;
            }
            self.skip();
            let right = self.deeper(|it| it.binary(binds + 1))?;
            left = Expr { at, kind: ExprKind::Binary(op, Box::new(left), Box::new(right)) };
        }
    }

    fn unary(&mut self) -> Option<Expr> {
        let at = self.place();
        let op = match self.peek() {
            Word::Symbol("-") => Unary::Minus,
            Word::Symbol("!") => Unary::Not,
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::Text(_) | Word::End => {
                return self.primary();
            }
        };
        self.skip();
        let value = self.deeper(Self::unary)?;
        Some(Expr { at, kind: ExprKind::Unary(op, Box::new(value)) })
    }

    /// The fields that follow a pointer: `p->next->value`.
    pub(super) fn fields(&mut self, mut of: Expr) -> Option<Expr> {
        let mut n_fields = 0;
        while self.peek() == Word::Symbol("->") {
            let at = self.place();
            n_fields += 1;
            if DEPTH_MAX < n_fields {
                self.faults.add(at, format!("more than {DEPTH_MAX} fields in a row"));
                return None;
            }
            self.skip();
            let name = self.name("a field")?;
            of = Expr { at: of.at, kind: ExprKind::Field(Box::new(of), name.text) };
        }
        Some(of)
    }

    fn primary(&mut self) -> Option<Expr> {
        let value = self.plain_primary()?;
        self.fields(value)
    }

    fn plain_primary(&mut self) -> Option<Expr> {
        let at = self.place();
        let kind = match self.peek() {
            Word::Number(number) => {
                self.skip();
                ExprKind::Number(number)
            }
            Word::Text(text) => {
                self.skip();
                ExprKind::Text(text.to_owned())
            }
            Word::Symbol("(") => {
                self.skip();
                let inner = self.expr()?;
                self.expect(")")?;
                return Some(inner);
            }
            Word::Name(name) if self.constant(name).is_some() => {
                self.skip();
                ExprKind::Number(self.constant(name)?)
            }
            Word::Name(name) if name == "self" || !KEYWORDS.contains(&name) => {
                self.skip();
                match self.peek() {
                    Word::Symbol("(") => ExprKind::Call(name.to_owned(), self.arguments()?),
                    Word::Symbol("[") => {
                        self.skip();
                        let index = Box::new(self.expr()?);
                        self.expect("]")?;
                        ExprKind::Index(name.to_owned(), index)
                    }
                    Word::Name(_)
                    | Word::Number(_)
                    | Word::Symbol(_)
                    | Word::Text(_)
                    | Word::End => ExprKind::Name(name.to_owned()),
                }
            }
            Word::Name(_) | Word::Symbol(_) | Word::End => return self.wrong("a value"),
        };
        Some(Expr { at, kind })
    }
}
