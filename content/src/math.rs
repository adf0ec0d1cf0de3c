//! Formulas: LaTeX to MathML.

use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Event, Parser, RenderConfig, Storage, push_mathml};
use std::convert::Infallible;

/// A formula as MathML, or what is wrong with it.
pub(crate) fn mathml(latex: &str, display_mode: DisplayMode) -> Result<String, String> {
    let storage = Storage::new();
    let mut events: Vec<Result<Event<'_>, Infallible>> = Vec::new();
    for event in Parser::new(latex, &storage) {
        match event {
            Ok(event) => events.push(Ok(event)),
            Err(error) => {
                // The first line says what; the rest draws the place.
                let told = error.to_string();
                let what = told.lines().map(str::trim).find(|it| !it.is_empty());
                return Err(format!("formula {latex}: {}", what.unwrap_or("not LaTeX")));
            }
        }
    }
    let mut out = String::new();
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    if let Err(error) = push_mathml(&mut out, events.into_iter(), config) {
        return Err(format!("formula {latex}: {error}"));
    }
    // The renderer escapes the name of the space that it writes for `\ `.
    let out = out.replace("&amp;nbsp;", "\u{a0}");
    // The pages' policy allows no inline style.
    if out.contains(" style=\"") {
        return Err(format!("formula {latex}: colours, boxes and negative spaces are not allowed"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::mathml;
    use pulldown_latex::config::DisplayMode::{Block, Inline};

    #[test]
    fn a_formula_becomes_mathml() {
        let inline = mathml("q", Inline).unwrap();
        assert_eq!(inline, "<math display=\"inline\"><mi>q</mi></math>");
        let block = mathml("\\frac{q}{q + c}", Block).unwrap();
        assert!(block.starts_with("<math display=\"block\"><mfrac>"), "{block}");
    }

    #[test]
    fn a_space_is_a_space() {
        let out = mathml("35\\ \\text{µs}", Inline).unwrap();
        assert!(out.contains("<mtext>\u{a0}</mtext>") && !out.contains("nbsp"), "{out}");
    }

    #[test]
    fn a_wrong_formula_is_told() {
        assert!(mathml("\\frac{q", Inline).unwrap_err().starts_with("formula \\frac{q: "));
        assert!(mathml("\\nosuch", Inline).is_err());
    }

    #[test]
    fn a_formula_that_needs_a_style_is_refused() {
        assert!(mathml("a\\!b", Inline).unwrap_err().contains("not allowed"));
    }
}
