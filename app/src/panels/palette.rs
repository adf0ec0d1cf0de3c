//! Checks the colours of assets/css/tokens.css by number: contrast as WCAG 2 counts it, and
//! distance in OKLab, seen as is and with the two common kinds of colour blindness.

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../../assets/css/tokens.css");

/// Linear light: red, green, blue from 0 to 1.
type Light = [f64; 3];

/// Full protanopia and deuteranopia after Machado, Oliveira and Fernandes 2009.
const PROTANOPIA: [Light; 3] = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
];
const DEUTERANOPIA: [Light; 3] = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
];
const NORMAL: [Light; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Declarations of the block that begins with `selector`, by name.
fn block(selector: &str) -> BTreeMap<&'static str, &'static str> {
    let at = TOKENS.find(selector).unwrap() + selector.len();
    let (body, _) = TOKENS[at..].split_once('}').unwrap();
    let pairs = body.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": "));
    pairs.map(|(name, value)| (name, value.trim_end_matches(';'))).collect()
}

fn themes() -> [(&'static str, BTreeMap<&'static str, &'static str>); 2] {
    [("light", block("[data-theme=\"light\"] {")), ("dark", block("\n[data-theme=\"dark\"] {"))]
}

fn light(hex: &str) -> Light {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    [part(1), part(3), part(5)]
}

fn contrast(a: &str, b: &str) -> f64 {
    let luminance = |hex: &str| {
        let [r, g, b] = light(hex);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn seen(matrix: &[Light; 3], color: Light) -> Light {
    matrix.map(|row| row.iter().zip(color).map(|(a, b)| a * b).sum())
}

fn oklab(color: Light) -> Light {
    let [r, g, b] = color.map(|it: f64| it.clamp(0.0, 1.0));
    let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
    let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
    let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
    [
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    ]
}

/// Distance in OKLab; about 2 can just be told apart side by side.
fn distance(matrix: &[Light; 3], a: &str, b: &str) -> f64 {
    let (a, b) = (oklab(seen(matrix, light(a))), oklab(seen(matrix, light(b))));
    100.0 * a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[track_caller]
fn assert_contrast(theme: &str, on: &BTreeMap<&str, &str>, front: &str, back: &str, least: f64) {
    let got = contrast(on[front], on[back]);
    assert!(least <= got, "{theme}: {front} on {back} has {got:.2}, needs {least}");
}

#[test]
fn text_on_every_ground_can_be_read() {
    for (theme, on) in themes() {
        let texts = [
            "ink",
            "ink-soft",
            "ink-faint",
            "accent",
            "accent-strong",
            "code-keyword",
            "code-string",
            "code-number",
            "code-comment",
            "code-function",
            "code-type",
            "good",
            "warn",
            "bad",
        ];
        for ground in ["ground", "surface", "sunken"] {
            for text in texts {
                assert_contrast(theme, &on, text, ground, 4.5);
            }
            assert_contrast(theme, &on, "line", ground, 3.0);
            assert_contrast(theme, &on, "focus", ground, 3.0);
            assert_contrast(theme, &on, "busy", ground, 3.0);
        }
        for (text, ground) in [
            ("on-accent", "accent"),
            ("on-bad", "bad"),
            ("on-busy", "busy"),
            ("good", "good-soft"),
            ("warn", "warn-soft"),
            ("bad", "bad-soft"),
            ("accent", "accent-soft"),
            ("gotcha", "gotcha-soft"),
            ("interview", "interview-soft"),
            ("numbers", "numbers-soft"),
            ("tradeoff", "tradeoff-soft"),
        ] {
            assert_contrast(theme, &on, text, ground, 4.5);
            assert_contrast(theme, &on, "ink", "select", 4.5);
        }
        for soft in ["good-soft", "warn-soft", "bad-soft", "gotcha-soft", "tradeoff-soft"] {
            assert_contrast(theme, &on, "ink", soft, 7.0);
        }
    }
}

#[test]
fn actors_stand_out_from_every_ground_and_carry_their_names() {
    for (theme, on) in themes() {
        for n in 0..8 {
            let (fill, line) = (format!("actor-{n}"), format!("actor-{n}-line"));
            assert_contrast(theme, &on, &format!("actor-{n}-ink"), &fill, 4.5);
            for ground in ["ground", "surface", "sunken"] {
                assert_contrast(theme, &on, &fill, ground, 3.0);
                assert_contrast(theme, &on, &line, ground, 4.5);
            }
        }
    }
}

#[test]
fn actors_can_be_told_apart_without_red_or_green() {
    for (theme, on) in themes() {
        let views = [
            ("as is", NORMAL, 12.0),
            ("protanopia", PROTANOPIA, 6.5),
            ("deuteranopia", DEUTERANOPIA, 8.0),
        ];
        for (view, matrix, least) in views {
            for n in 0..8 {
                for m in 0..n {
                    // Most pictures have five actors or fewer.
                    let least: f64 = if n < 5 { f64::max(least, 11.0) } else { least };
                    let got = distance(
                        &matrix,
                        on[format!("actor-{n}").as_str()],
                        on[format!("actor-{m}").as_str()],
                    );
                    assert!(least <= got, "{theme}, {view}: {m} and {n} are {got:.1} apart");
                }
            }
        }
    }
}

#[test]
fn both_ways_into_the_dark_are_the_same() {
    assert_eq!(block(":root:not([data-theme=\"light\"]) {"), block("\n[data-theme=\"dark\"] {"));
    let names = |of: &BTreeMap<&'static str, _>| of.keys().copied().collect::<Vec<_>>();
    let [(_, light), (_, dark)] = themes();
    assert_eq!(names(&light), names(&dark));
}
