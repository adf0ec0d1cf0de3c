//! The command line, parsed by hand: six commands with three options need no library.

/// The text of `--help`.
pub(crate) const HELP: &str = "\
cargo xtask COMMAND

  serve [--port N]         Sets up what is missing, builds, serves with live reload. Port 8080 unless told otherwise.
                           A debug build: a change is on the screen within two minutes, and the wasm is big.
  build [--base-path URL]  The release site in dist/. Every link in it is relative, so it works under any path of any
                           host as it is. URL (such as https://example.org/os/) only fills the tags that must hold
                           a whole address: canonical links, link previews and oEmbed.
  test [--quick]           Everything that CI runs: format, lints, native tests, tests in headless Chromium, the site,
                           its end-to-end tests and size budgets. --quick stops after the native tests.
  bench [--save]           Speed and sizes beside the committed baseline. It reports and never fails. --save makes the
                           numbers of this machine the new baseline.
  setup                    Only sets up: the wasm target, Trunk, wasm-bindgen, wasm-opt, Chromium, the Node packages.
  pages                    Called by Trunk: draws all pages into $TRUNK_STAGING_DIR.

Tools go into target/tools, or come from the package manager. What is already there is used.";

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Setup,
    Serve { port: Option<u16> },
    Build { base_path: Option<String> },
    Pages,
    Test { quick: bool },
    Bench { save: bool },
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut args = args.into_iter();
    let name = args.next().unwrap_or_default();
    let mut command = match name.as_str() {
        "" | "help" | "--help" | "-h" => return Ok(Command::Help),
        "setup" => Command::Setup,
        "serve" => Command::Serve { port: None },
        "build" => Command::Build { base_path: None },
        "pages" => Command::Pages,
        "test" => Command::Test { quick: false },
        "bench" => Command::Bench { save: false },
        _ => return Err(format!("there is no command `{name}`")),
    };
    while let Some(arg) = args.next() {
        let (key, inline) = match arg.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (arg.as_str(), None),
        };
        let mut value =
            || inline.clone().or_else(|| args.next()).ok_or(format!("{key} needs a value"));
        match (&mut command, key) {
            (_, "--help" | "-h") => return Ok(Command::Help),
            (Command::Serve { port }, "--port") => {
                let text = value()?;
                *port = Some(text.parse().map_err(|_| format!("`{text}` is not a port"))?);
            }
            (Command::Build { base_path }, "--base-path") => *base_path = Some(value()?),
            (Command::Test { quick }, "--quick") => *quick = true,
            (Command::Bench { save }, "--save") => *save = true,
            _ => return Err(format!("`{name}` does not know `{arg}`")),
        }
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<Command, &str>) {
        let got = parse(line.split_whitespace().map(str::to_owned));
        assert_eq!(got, expected.map_err(str::to_owned), "{line}");
    }

    #[test]
    fn commands_and_their_options() {
        check("", Ok(Command::Help));
        check("build --help", Ok(Command::Help));
        check("setup", Ok(Command::Setup));
        check("serve", Ok(Command::Serve { port: None }));
        check("serve --port 9000", Ok(Command::Serve { port: Some(9000) }));
        check("serve --port=9000", Ok(Command::Serve { port: Some(9000) }));
        check(
            "build --base-path=/a/b/",
            Ok(Command::Build { base_path: Some("/a/b/".to_owned()) }),
        );
        check("bench --save", Ok(Command::Bench { save: true }));
        check("test --quick", Ok(Command::Test { quick: true }));
    }

    #[test]
    fn faults_name_the_word_that_is_wrong() {
        check("paint", Err("there is no command `paint`"));
        check("serve --port", Err("--port needs a value"));
        check("serve --port many", Err("`many` is not a port"));
        check("test --port 1", Err("`test` does not know `--port`"));
    }
}
