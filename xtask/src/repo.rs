//! Where things are.

use crate::files::read;
use std::path::{Path, PathBuf};

/// The repository on this machine.
pub(crate) struct Repo {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
}

impl Repo {
    /// The repository that this program was built from.
    pub(crate) fn here() -> Repo {
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
        Repo { root: xtask.parent().unwrap_or(xtask).to_owned() }
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        self.root.join(target)
    }

    /// Tools that `setup` has installed.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join("target/tools")
    }

    /// Programs that `setup` has installed; first in the `PATH` of everything that xtask starts.
    pub(crate) fn tools_bin(&self) -> PathBuf {
        self.tools().join("bin")
    }

    /// The tests of the built site, a Node package.
    pub(crate) fn browser_tests(&self) -> PathBuf {
        self.root.join("tests/browser")
    }

    /// The version of a package in `Cargo.lock`.
    pub(crate) fn locked_version(&self, package: &str) -> crate::Result<String> {
        let lock = read(&self.root.join("Cargo.lock"))?;
        version_in_lock(&lock, package).ok_or(format!("Cargo.lock has no package {package}"))
    }
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::version_in_lock;

    #[test]
    fn a_package_is_found_by_its_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-cli\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"2.0.0\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").as_deref(), Some("2.0.0"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }
}
