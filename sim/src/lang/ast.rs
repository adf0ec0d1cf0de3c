//! A program as it was written.

use crate::text::Place;
use std::fmt;
use std::rc::Rc;

/// A whole program.
#[derive(Debug, Default)]
pub(crate) struct Ast {
    pub(crate) shared: Vec<Shared>,
    /// Mutexes, semaphores and the like.
    pub(crate) objects: Vec<Object>,
    pub(crate) pools: Vec<Pool>,
    /// Names that stand for numbers; the parser has put the numbers in.
    pub(crate) consts: Vec<Name>,
    pub(crate) functions: Vec<Rc<Function>>,
    pub(crate) threads: Vec<Thread>,
    /// What happens before any thread starts.
    pub(crate) init: Option<(Place, Vec<Stmt>)>,
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

/// What threads wait for.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    /// Number of elements, if it is an array.
    pub(crate) len: Option<u32>,
    /// What a semaphore starts at, or how many threads a barrier collects.
    pub(crate) count: Option<i32>,
}

/// Kinds of things that threads wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Mutex,
    Semaphore,
    Condition,
    RwLock,
    Barrier,
    /// A shared variable on which threads sleep; not declared, but used so.
    Futex,
}

impl Kind {
    /// The kind of a keyword.
    pub(crate) fn of(keyword: &str) -> Option<Self> {
        let kinds = [Self::Mutex, Self::Semaphore, Self::Condition, Self::RwLock, Self::Barrier];
        kinds.into_iter().find(|it| it.word() == keyword)
    }

    /// Its keyword.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Mutex => "mutex",
            Self::Semaphore => "semaphore",
            Self::Condition => "condition",
            Self::RwLock => "rwlock",
            Self::Barrier => "barrier",
            Self::Futex => "futex",
        }
    }
}

/// A struct, and how many of it may be allocated at once.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) name: Name,
    pub(crate) len: u32,
    pub(crate) fields: Vec<Name>,
}

/// A function; its body is put in where it is called.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: Name,
    /// Whether it returns a value.
    pub(crate) gives: bool,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Rc<Vec<Stmt>>,
    /// Lines of its listing, from 1, both inclusive.
    pub(crate) first_line: u32,
    pub(crate) last_line: u32,
}

/// A parameter.
#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) name: Name,
    pub(crate) kind: ParamKind,
}

/// What a parameter stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParamKind {
    /// A value, in a register of its own.
    Value,
    /// The shared variable or element that is given.
    Shared,
    /// The mutex or the like that is given.
    Object(Kind),
}

/// A thread and what it does.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) name: Name,
    pub(crate) body: Rc<Vec<Stmt>>,
    /// Lines of its listing, from 1, both inclusive.
    pub(crate) first_line: u32,
    pub(crate) last_line: u32,
    /// The thread whose CPU it interrupts, if it is an interrupt handler.
    pub(crate) host: Option<Name>,
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
    DoWhile {
        body: Vec<Stmt>,
        test: Expr,
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
    Return(Option<Expr>),
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
    /// What stands between quotation marks.
    Text(String),
    Name(String),
    Index(String, Box<Expr>),
    /// A field of what a pointer points to.
    Field(Box<Expr>, String),
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
            ExprKind::Text(text) => write!(out, "\"{text}\""),
            ExprKind::Name(name) => write!(out, "{name}"),
            ExprKind::Index(name, index) => write!(out, "{name}[{index}]"),
            ExprKind::Field(of, name) => {
                of.write(u8::MAX, out)?;
                write!(out, "->{name}")
            }
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
