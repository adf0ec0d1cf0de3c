//! A program as it was written.

use super::Place;
use std::fmt;

/// A whole program.
#[derive(Debug, Default)]
pub(crate) struct Ast {
    pub(crate) shared: Vec<Shared>,
    pub(crate) mutexes: Vec<Name>,
    pub(crate) semaphores: Vec<(Name, i32)>,
    pub(crate) threads: Vec<Thread>,
    /// Shared variables that an outcome tells; none stands for all.
    pub(crate) observed: Vec<Name>,
}

/// A name and its place.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: Place,
}

/// A shared variable.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) name: Name,
    /// Number of elements, if it is an array.
    pub(crate) len: Option<u32>,
    /// First values; the elements after them start at 0.
    pub(crate) values: Vec<i32>,
}

/// A thread and what it does.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) name: Name,
    pub(crate) body: std::rc::Rc<Vec<Stmt>>,
    /// Lines of its listing, from 1, both inclusive.
    pub(crate) first_line: u32,
    pub(crate) last_line: u32,
}

/// A statement.
#[derive(Debug)]
pub(crate) struct Stmt {
    pub(crate) at: Place,
    /// Its text on one line, without the semicolon; for `if` and `while` only the head.
    pub(crate) text: String,
    pub(crate) kind: StmtKind,
}

/// What a statement does.
#[derive(Debug)]
pub(crate) enum StmtKind {
    /// `int r = e;`
    Local {
        name: Name,
        value: Option<Expr>,
    },
    /// `x = e;`, `a[i] += e;`, `x++;`
    Assign {
        to: Expr,
        op: Option<Binary>,
        value: Expr,
    },
    /// `lock(m);`
    Call {
        name: Name,
        args: Vec<Expr>,
    },
    If {
        test: Expr,
        yes: Vec<Stmt>,
        no: Vec<Stmt>,
    },
    While {
        test: Expr,
        body: Vec<Stmt>,
    },
    For {
        first: Option<Box<Stmt>>,
        test: Option<Expr>,
        each: Option<Box<Stmt>>,
        body: Vec<Stmt>,
    },
    Critical {
        body: Vec<Stmt>,
        last_line: u32,
    },
    Block(Vec<Stmt>),
    Break,
    Continue,
    /// Only a `;`, or a statement that could not be read.
    Nothing,
}

/// An expression.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) at: Place,
    pub(crate) kind: ExprKind,
}

/// What an expression is.
#[derive(Debug)]
pub(crate) enum ExprKind {
    Number(i32),
    Name(String),
    Index(String, Box<Expr>),
    Unary(Unary, Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unary {
    Minus,
    Not,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// The expression in the usual spelling, with the parentheses that it needs.
impl fmt::Display for Expr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(0, out)
    }
}

impl Expr {
    /// Writes it as an operand of an operator that binds this tightly.
    fn write(&self, outer: u8, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(number) => write!(out, "{number}"),
            ExprKind::Name(name) => write!(out, "{name}"),
            ExprKind::Index(name, index) => write!(out, "{name}[{index}]"),
            ExprKind::Unary(op, inner) => {
                write!(out, "{}", if *op == Unary::Not { "!" } else { "-" })?;
                inner.write(u8::MAX, out)
            }
            ExprKind::Binary(op, left, right) => {
                let (symbol, binds) = op.symbol();
                let (open, close) = if binds <= outer { ("(", ")") } else { ("", "") };
                write!(out, "{open}")?;
                left.write(binds - 1, out)?;
                write!(out, " {symbol} ")?;
                right.write(binds, out)?;
                write!(out, "{close}")
            }
            ExprKind::Call(name, args) => {
                write!(out, "{name}(")?;
                for (n, arg) in args.iter().enumerate() {
                    write!(out, "{}{arg}", if n == 0 { "" } else { ", " })?;
                }
                write!(out, ")")
            }
        }
    }
}

/// Each operator, its symbol, and how tightly it binds.
const OPERATORS: &[(Binary, &str, u8)] = &[
    (Binary::Or, "||", 1),
    (Binary::And, "&&", 2),
    (Binary::BitOr, "|", 3),
    (Binary::BitXor, "^", 4),
    (Binary::BitAnd, "&", 5),
    (Binary::Equal, "==", 6),
    (Binary::NotEqual, "!=", 6),
    (Binary::Less, "<", 7),
    (Binary::LessEqual, "<=", 7),
    (Binary::Greater, ">", 7),
    (Binary::GreaterEqual, ">=", 7),
    (Binary::Add, "+", 8),
    (Binary::Subtract, "-", 8),
    (Binary::Multiply, "*", 9),
    (Binary::Divide, "/", 9),
    (Binary::Remainder, "%", 9),
];

impl Binary {
    /// The operator of a symbol and how tightly it binds.
    pub(crate) fn of(symbol: &str) -> Option<(Self, u8)> {
        OPERATORS.iter().find(|it| it.1 == symbol).map(|it| (it.0, it.2))
    }

    fn symbol(self) -> (&'static str, u8) {
        OPERATORS.iter().find(|it| it.0 == self).map_or(("?", 1), |it| (it.1, it.2))
    }

    /// The result; `None` for a division by zero. Overflow wraps, as on the machine.
    pub(crate) fn apply(self, left: i32, right: i32) -> Option<i32> {
        Some(match self {
            Self::Or => i32::from(left != 0 || right != 0),
            Self::And => i32::from(left != 0 && right != 0),
            Self::BitOr => left | right,
            Self::BitXor => left ^ right,
            Self::BitAnd => left & right,
            Self::Equal => i32::from(left == right),
            Self::NotEqual => i32::from(left != right),
            Self::Less => i32::from(left < right),
            Self::LessEqual => i32::from(left <= right),
            Self::Greater => i32::from(left > right),
            Self::GreaterEqual => i32::from(left >= right),
            Self::Add => left.wrapping_add(right),
            Self::Subtract => left.wrapping_sub(right),
            Self::Multiply => left.wrapping_mul(right),
            Self::Divide if right == 0 => return None,
            Self::Divide => left.wrapping_div(right),
            Self::Remainder if right == 0 => return None,
            Self::Remainder => left.wrapping_rem(right),
        })
    }
}

impl Unary {
    /// The result.
    pub(crate) fn apply(self, value: i32) -> i32 {
        match self {
            Self::Minus => value.wrapping_neg(),
            Self::Not => i32::from(value == 0),
        }
    }
}
