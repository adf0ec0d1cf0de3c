//! The depth-first search in three colours, one look at a time.

/// Colour of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// Not met yet.
    White,
    /// On the path.
    Grey,
    /// Done.
    Black,
}

/// One look: an arrow that was followed, a start, or an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Where the arrow begins; none for a start or an end.
    pub(crate) from: Option<usize>,
    pub(crate) to: usize,
    /// The colour that `to` was found in. Black without a `from`: it has just become so.
    pub(crate) colour: Colour,
}

impl Look {
    /// The line of [`LISTING`] that does it.
    pub(crate) fn line(&self) -> u32 {
        match (self.colour, self.from) {
            (Colour::White, None) => 0,
            (Colour::White, Some(_)) => 4,
            (Colour::Grey, _) => 3,
            (Colour::Black, Some(_)) => 2,
            (Colour::Black, None) => 5,
        }
    }
}

/// The search as it would be written.
pub(crate) const LISTING: [&str; 6] = [
    "visit(p):",
    "    colour of p = grey",
    "    for every q that p waits for:",
    "        if q is grey: a cycle",
    "        if q is white: visit(q)",
    "    colour of p = black",
];

/// A search that can be stepped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) colours: Vec<Colour>,
    /// The grey path, each with the number of its arrows that were followed.
    path: Vec<(usize, usize)>,
}

impl Search {
    pub(crate) fn new(n: usize) -> Self {
        Self { colours: vec![Colour::White; n], path: Vec::new() }
    }

    /// The grey path.
    pub(crate) fn path(&self) -> impl Iterator<Item = usize> {
        self.path.iter().map(|it| it.0)
    }

    /// The path from `node` on, which is grey.
    pub(crate) fn path_from(&self, node: usize) -> Vec<usize> {
        self.path().skip_while(|&it| it != node).collect()
    }

    fn enter(&mut self, node: usize) {
        self.colours[node] = Colour::Grey;
        self.path.push((node, 0));
    }

    /// The next look; `None` when every node is black.
    pub(crate) fn next(&mut self, arrows: &[(usize, usize)], gone: &[bool]) -> Option<Look> {
        let Some((node, n_followed)) = self.path.last_mut() else {
            let white = |it: &usize| self.colours[*it] == Colour::White && !gone[*it];
            let start = (0..self.colours.len()).find(white)?;
            self.enter(start);
            return Some(Look { from: None, to: start, colour: Colour::White });
        };
        let from = *node;
        let Some(&(_, to)) = arrows.iter().filter(|it| it.0 == from).nth(*n_followed) else {
            self.path.pop();
            self.colours[from] = Colour::Black;
            return Some(Look { from: None, to: from, colour: Colour::Black });
        };
        *n_followed += 1;
        let colour = self.colours[to];
        if colour == Colour::White {
            self.enter(to);
        }
        Some(Look { from: Some(from), to, colour })
    }
}
