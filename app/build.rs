//! Turns the build in several pieces on: `cargo xtask build` asks for it with `INTERLEAVE_SPLIT`.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(split)");
    println!("cargo::rerun-if-env-changed=INTERLEAVE_SPLIT");
    let is_wasm = std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|it| it == "wasm");
    if is_wasm && std::env::var_os("INTERLEAVE_SPLIT").is_some() {
        println!("cargo::rustc-cfg=split");
        // What cuts the program up must see which part of it uses which.
        println!("cargo::rustc-link-arg-bin=app=--emit-relocs");
    }
}
