//! What a key does while the focus is inside a figure.

/// What a key or a button asks of the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Play, or pause.
    PlayPause,
    /// One step back.
    Back,
    /// One step forward.
    Forward,
    /// To the marker before this step.
    MarkerBefore,
    /// To the marker after this step.
    MarkerAfter,
    /// To the first step.
    First,
    /// To the last step.
    Last,
    /// To so many tenths of the run.
    Tenths(u8),
    /// To the first step, and stop playing.
    Restart,
    /// Keep this future, to go on with another beside it.
    Fork,
    /// Open or close the list of keys.
    Help,
    /// Fill the screen, or leave it.
    Fullscreen,
}

/// Where the key was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// In a field where keys write or choose.
    Field,
    /// On a button or a link: space and enter press it.
    Button,
    /// On the scrubber: arrows, home and end move it.
    Scrubber,
    /// In a part that scrolls sideways: arrows, home and end scroll it.
    Frame,
    /// Anywhere else in the figure.
    Figure,
}

impl Target {
    /// The kind of an element by its tag and, for an input, its type.
    #[must_use]
    pub fn of(tag: &str, kind: &str) -> Self {
        match (tag.to_ascii_lowercase().as_str(), kind) {
            ("input", "range") => Self::Scrubber,
            ("input" | "select" | "textarea", _) => Self::Field,
            ("button" | "a" | "summary", _) => Self::Button,
            _ => Self::Figure,
        }
    }
}

/// What `key` does at `target`; `None` leaves it to the browser.
#[must_use]
pub fn action(key: &str, target: Target) -> Option<Action> {
    let own = match target {
        Target::Field => true,
        Target::Button => matches!(key, " " | "Enter"),
        Target::Scrubber | Target::Frame => {
            matches!(key, "ArrowLeft" | "ArrowRight" | "Home" | "End")
        }
        Target::Figure => false,
    };
    if own {
        return None;
    }
    Some(match key {
        " " => Action::PlayPause,
        "ArrowLeft" | "," => Action::Back,
        "ArrowRight" | "." => Action::Forward,
        "[" => Action::MarkerBefore,
        "]" => Action::MarkerAfter,
        "Home" => Action::First,
        "End" => Action::Last,
        "r" | "R" => Action::Restart,
        "F" => Action::Fork,
        "f" => Action::Fullscreen,
        "?" => Action::Help,
        _ => match key.as_bytes() {
            [digit @ b'0'..=b'9'] => Action::Tenths(digit - b'0'),
            _ => return None,
        },
    })
}

/// The keys in words, for the help panel.
pub const HELP: &[(&str, &str)] = &[
    ("Space", "play or pause"),
    ("← →", "one step back or forward; , and . do the same"),
    ("[ ]", "previous or next marker"),
    ("Home End", "first or last step"),
    ("0 to 9", "that many tenths of the run"),
    ("R", "restart"),
    ("F", "keep this future and go on with another"),
    ("f", "fill the screen"),
    ("?", "this list"),
];

#[cfg(test)]
mod tests {
    use super::{Action, Target, action};

    #[test]
    fn fields_keep_their_keys() {
        let field = Target::of("INPUT", "number");
        assert!(
            [" ", "ArrowLeft", "1", "Home", "?"].iter().all(|key| action(key, field).is_none())
        );
        assert_eq!(action(" ", Target::of("button", "")), None);
        assert_eq!(action("ArrowRight", Target::of("button", "")), Some(Action::Forward));
        assert_eq!(action("ArrowRight", Target::of("input", "range")), None);
        assert_eq!(action(" ", Target::of("input", "range")), Some(Action::PlayPause));
        assert_eq!(action("ArrowLeft", Target::Frame), None);
        assert_eq!(action(".", Target::Frame), Some(Action::Forward));
    }

    #[test]
    fn a_digit_is_a_tenth_and_unknown_keys_are_left_alone() {
        assert_eq!(action("7", Target::Figure), Some(Action::Tenths(7)));
        for key in ["Tab", "F5", "é", "Shift", "Escape"] {
            assert_eq!(action(key, Target::Figure), None);
        }
    }
}
