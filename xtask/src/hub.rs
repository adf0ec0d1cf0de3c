//! A wasm module that has nothing of its own: it passes on what the pieces of a program ask their main part for.

use crate::wasm::{self, number, section, text};

/// The name under which the pieces ask for the main part. To them, the hub is it.
pub(crate) const NAME: &str = "__wasm_split";

/// The name under which the hub asks for the main part.
const MAIN: &str = "__main";

/// What a piece asks for: its name, and its type as it stands in the file, whose first byte is its kind.
type Import<'a> = (&'a [u8], &'a [u8]);

/// The hub of some pieces. `None` if one is no wasm, or asks for a function: types of functions are numbered in each piece anew.
pub(crate) fn of(pieces: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut imports: Vec<Import<'_>> = Vec::new();
    for piece in pieces {
        for import in imports_of(piece)? {
            if !imports.contains(&import) {
                imports.push(import);
            }
        }
    }
    let (mut asked, mut given) = (number(imports.len()), number(imports.len()));
    for (at, (name, of)) in imports.iter().enumerate() {
        asked.extend([&text(MAIN.as_bytes())[..], &text(name), of].concat());
        let kind = *of.first()?;
        let before = imports[..at].iter().filter(|it| it.1.first() == Some(&kind)).count();
        given.extend([&text(name)[..], &[kind], &number(before)].concat());
    }
    Some([wasm::HEAD, &section(wasm::IMPORTS, &asked), &section(wasm::EXPORTS, &given)].concat())
}

/// What one piece asks for.
fn imports_of(piece: &[u8]) -> Option<Vec<Import<'_>>> {
    let section = wasm::sections(piece)?.into_iter().find(|it| it.0 == wasm::IMPORTS);
    let imports = section.map_or(Some(Vec::new()), |it| wasm::imports(it.1))?;
    let is_right = |it: &wasm::Import<'_>| {
        it.module == NAME.as_bytes() && it.of.first() != Some(&wasm::FUNCTION)
    };
    imports.into_iter().map(|it| is_right(&it).then_some((it.name, it.of))).collect()
}

#[cfg(test)]
mod tests {
    use super::{imports_of, of};
    use crate::wasm::HEAD;

    /// A piece that asks for a memory of 22 pages and, or not, for a changeable i32.
    fn piece(has_global: bool) -> Vec<u8> {
        let memory = [&b"\x0c__wasm_split\x06memory"[..], &[2, 0, 22]].concat();
        let global = [&b"\x0c__wasm_split\x02g0"[..], &[3, 0x7f, 1]].concat();
        let body = if has_global {
            [&[2][..], &memory, &global].concat()
        } else {
            [&[1][..], &memory].concat()
        };
        [HEAD, &[2, body.len() as u8], &body].concat()
    }

    #[test]
    fn a_hub_asks_once_and_gives_to_all() {
        let hub = of(&[piece(false), piece(true), piece(true)]).unwrap_or_default();
        let asked =
            [&[2][..], b"\x06__main\x06memory\x02\0\x16", b"\x06__main\x02g0\x03\x7f\x01"].concat();
        let given = b"\x02\x06memory\x02\0\x02g0\x03\0";
        let expected =
            [HEAD, &[2, asked.len() as u8], &asked, &[7, given.len() as u8], given].concat();
        assert_eq!(hub, expected);
    }

    #[test]
    fn what_is_cut_short_or_asks_for_functions_has_no_hub() {
        let whole = piece(true);
        assert_eq!(imports_of(&whole).map(|it| it.len()), Some(2));
        for end in 9..whole.len() {
            assert_eq!(of(&[whole[..end].to_vec()]), None, "{end}");
        }
        let function = [HEAD, &[2, 18, 1], b"\x0c__wasm_split\x01f\0\0"].concat();
        assert_eq!(of(&[function]), None);
    }
}
