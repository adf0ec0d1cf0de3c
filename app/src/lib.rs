//! The pages and the player of the course.
//!
//! The same Leptos components are drawn natively by the prerenderer, so that every page is a real
//! HTML file, and mounted in the browser where a page has figures. Names no engine: everything it
//! knows of one comes from the registry of `sim`.

pub mod browser;
pub mod draw;
pub mod embed;
pub mod erased;
pub mod figure;
pub mod form;
pub mod game;
pub mod lab;
pub mod link;
pub mod mount;
pub mod options;
#[cfg(feature = "ssr")]
pub mod pages;
pub mod panels;
pub mod parts;
pub mod patch;
pub mod pieces;
pub mod player;
pub mod practice;
pub mod quiz;
pub mod slot;
pub mod study;
pub mod walk;
pub mod words;
