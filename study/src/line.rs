//! One line of text that holds a small thing by id: `id=value id=value`.

/// The pairs that can be read.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(' ').filter_map(|part| part.rsplit_once('=')).filter(|it| !it.0.is_empty())
}

/// The line of these pairs.
pub(crate) fn line(pairs: impl Iterator<Item = (String, u8)>) -> String {
    pairs.map(|(id, value)| format!("{id}={value}")).collect::<Vec<String>>().join(" ")
}
