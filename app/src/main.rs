//! Mounts the interactive parts of a page in the browser.

fn main() {
    app::mount::mount_figures();
    app::parts::mount_parts();
}
