//! A small part of Go: text to functions with one operation after another.
//!
//! # Grammar
//! ```text
//! program   = [ "package" NAME ] { "import" TEXT } { function }
//! function  = "func" NAME "(" [ NAME type { "," NAME type } ] ")" block
//! type      = element | [ "<-" ] "chan" [ "<-" ] element
//! element   = "int" | "bool" | "struct" "{" "}"
//! block     = "{" { statement } "}"
//! statement = NAME ":=" "make" "(" "chan" element [ "," expr ] ")"
//!           | NAME [ "," NAME ] ( ":=" | "=" ) ( receive | expr ) | NAME ( "++" | "--" )
//!           | NAME "=" "nil" | receive | NAME "<-" expr | "close" "(" NAME ")"
//!           | ( "println" | "fmt" "." "Println" ) "(" expr ")" | "go" NAME "(" [ args ] ")"
//!           | "if" expr block [ "else" ( block | if ) ] | "return" | "break" | "continue"
//!           | "for" [ NAME ":=" "range" NAME | expr | [ set ] ";" expr ";" [ set ] ] block
//!           | "select" "{" { "case" ( NAME "<-" expr | [ NAME [ "," NAME ] ":=" ] receive ) ":" …
//!                          | "default" ":" { statement } } "}"
//! receive   = "<-" NAME
//! expr      = || && == != < <= > >= + - * / % ! - ( ) NUMBER NAME true false
//! ```

#[derive(Debug)]
pub(crate) struct Program {
    /// The first one is `main`.
    pub(super) functions: Vec<Function>,
    pub(super) lines: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(super) name: String,
    /// First and last line, from 0.
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) slots: Vec<Slot>,
    pub(super) n_params: usize,
    pub(super) ops: Vec<(usize, Op)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) is_chan: bool,
}

/// An expression, operands before their operator.
pub(super) type Expr = Vec<Part>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Number(i32),
    Slot(usize),
    Unary(&'static str),
    Binary(&'static str),
}

/// What waits for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Comm {
    Send(usize, Expr),
    /// Channel, then where the value and whether there was one go.
    Receive(usize, Option<usize>, Option<usize>),
}

impl Comm {
    pub(super) const fn channel(&self) -> usize {
        match self {
            Self::Send(channel, _) | Self::Receive(channel, ..) => *channel,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op {
    Make(usize, Expr),
    Set(usize, Expr),
    Nil(usize),
    Comm(Comm),
    /// Receives into a slot, or leaves the loop when the channel is closed and empty.
    Range(usize, usize, usize),
    Close(usize),
    Print(Expr),
    Go(usize, Vec<Expr>),
    Jump(usize),
    Unless(Expr, usize),
    /// Cases with where they go on, and where it goes on without one.
    Select(Vec<(Comm, usize)>, Option<usize>),
    Return,
}

impl Op {
    /// Whether others can see it: the rest is done along with the step before.
    pub(super) const fn is_step(&self) -> bool {
        !matches!(
            self,
            Self::Make(..) | Self::Set(..) | Self::Nil(_) | Self::Jump(_) | Self::Unless(..)
        )
    }
}

/// The value of an expression; `None` where it divides by 0.
pub(super) fn value(expr: &[Part], slots: &[i32]) -> Option<i32> {
    let mut stack: Vec<i32> = Vec::new();
    for part in expr {
        let value = match *part {
            Part::Number(number) => number,
            Part::Slot(slot) => slots.get(slot).copied().unwrap_or(0),
            Part::Unary(sign) => {
                let it = stack.pop()?;
                if sign == "-" { it.wrapping_neg() } else { i32::from(it == 0) }
            }
            Part::Binary(sign) => {
                let (right, left) = (stack.pop()?, stack.pop()?);
                match sign {
                    "+" => left.wrapping_add(right),
                    "-" => left.wrapping_sub(right),
                    "*" => left.wrapping_mul(right),
                    "/" => left.checked_div(right)?,
                    "%" => left.checked_rem(right)?,
                    "==" => i32::from(left == right),
                    "!=" => i32::from(left != right),
                    "<" => i32::from(left < right),
                    "<=" => i32::from(left <= right),
                    ">" => i32::from(left > right),
                    ">=" => i32::from(left >= right),
                    "&&" => i32::from(left != 0 && right != 0),
                    _ => i32::from(left != 0 || right != 0),
                }
            }
        };
        stack.push(value);
    }
    stack.pop()
}
