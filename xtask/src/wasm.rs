//! What of a wasm file has to be known to change its imports.

/// How every file begins: its mark and the version of the format.
pub(crate) const HEAD: &[u8] = b"\0asm\x01\0\0\0";

/// The section of what a module asks for.
pub(crate) const IMPORTS: u8 = 2;

/// The section of what it gives.
pub(crate) const EXPORTS: u8 = 7;

/// The kind of an import that is a function.
pub(crate) const FUNCTION: u8 = 0;

/// What a module asks for.
pub(crate) struct Import<'a> {
    /// Whom it asks.
    pub(crate) module: &'a [u8],
    /// By which name.
    pub(crate) name: &'a [u8],
    /// Its kind and type, as they stand in the file.
    pub(crate) of: &'a [u8],
}

/// The sections of a file: number and content. `None` if it is cut short.
pub(crate) fn sections(wasm: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut rest = wasm.strip_prefix(HEAD)?;
    let mut sections = Vec::new();
    while let Some((&id, after)) = rest.split_first() {
        let (len, after) = read(after)?;
        let (section, next) = after.split_at_checked(len)?;
        sections.push((id, section));
        rest = next;
    }
    Some(sections)
}

/// The imports of their section.
pub(crate) fn imports(section: &[u8]) -> Option<Vec<Import<'_>>> {
    let (n, mut rest) = read(section)?;
    let mut imports = Vec::new();
    for _ in 0..n {
        let (module, after) = read_text(rest)?;
        let (name, after) = read_text(after)?;
        let end = after_type(after)?;
        imports.push(Import { module, name, of: &after[..after.len() - end.len()] });
        rest = end;
    }
    Some(imports)
}

/// What a module gives.
pub(crate) struct Export<'a> {
    /// Under which name.
    pub(crate) name: &'a [u8],
    /// Name, kind and index, as they stand in the file.
    pub(crate) whole: &'a [u8],
}

/// The exports of their section.
pub(crate) fn exports(section: &[u8]) -> Option<Vec<Export<'_>>> {
    let (n, mut rest) = read(section)?;
    let mut exports = Vec::new();
    for _ in 0..n {
        let (name, after) = read_text(rest)?;
        let (_, end) = read(after.get(1..)?)?;
        exports.push(Export { name, whole: &rest[..rest.len() - end.len()] });
        rest = end;
    }
    Some(exports)
}

/// A section as it stands in a file.
pub(crate) fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [&[id][..], &number(body.len()), body].concat()
}

/// A number in LEB128.
pub(crate) fn number(mut it: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = (it & 0x7f) as u8;
        it >>= 7;
        if it == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// A text with its length.
pub(crate) fn text(it: &[u8]) -> Vec<u8> {
    [&number(it.len())[..], it].concat()
}

/// What follows the kind and type of an import.
fn after_type(bytes: &[u8]) -> Option<&[u8]> {
    const TABLE: u8 = 1;
    const MEMORY: u8 = 2;
    const GLOBAL: u8 = 3;
    let (&kind, rest) = bytes.split_first()?;
    match kind {
        FUNCTION => read(rest).map(|it| it.1),
        TABLE => after_limits(rest.get(1..)?),
        MEMORY => after_limits(rest),
        GLOBAL => rest.get(2..),
        _ => None,
    }
}

fn after_limits(bytes: &[u8]) -> Option<&[u8]> {
    const HAS_MAX: u8 = 1;
    let (&flags, rest) = bytes.split_first()?;
    let (_, rest) = read(rest)?;
    if flags & HAS_MAX == 0 { Some(rest) } else { read(rest).map(|it| it.1) }
}

fn read_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = read(bytes)?;
    rest.split_at_checked(len)
}

/// A number in LEB128, and what follows.
fn read(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (mut number, mut shift) = (0_usize, 0);
    for (at, byte) in bytes.iter().enumerate() {
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if *byte < 0x80 {
            return Some((number, &bytes[at + 1..]));
        }
        shift += 7;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{HEAD, number, read, section, sections};

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for it in [0, 1, 127, 128, 300, 70_000] {
            assert_eq!(read(&number(it)), Some((it, &[][..])));
        }
    }

    #[test]
    fn sections_are_found_and_a_file_that_is_cut_short_is_told() {
        let wasm = [HEAD, &section(1, &[8; 200]), &section(2, &[])].concat();
        assert_eq!(sections(&wasm), Some(vec![(1, &[8; 200][..]), (2, &[][..])]));
        assert_eq!(sections(&wasm[..100]), None);
        assert_eq!(sections(b"wasm"), None);
    }
}
