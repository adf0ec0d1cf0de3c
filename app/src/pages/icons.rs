//! The few drawings of the pages. All of them only repeat what words beside them say.

use leptos::prelude::*;

/// Two lanes that take turns.
pub(super) fn logo() -> AnyView {
    view! {
        <svg class="logo" viewBox="0 0 26 18" width="26" height="18" aria-hidden="true">
            <path class="logo-a" d="M0 0h9v8H0zM17 0h9v8h-9z"></path>
            <path class="logo-b" d="M9 10h8v8H9z"></path>
        </svg>
    }
    .into_any()
}

/// A number in a ring; the ring fills with the share of `lessons` that are read.
pub(super) fn ring(number: u32, lessons: Option<String>) -> AnyView {
    let title = lessons.is_some().then(|| view! { <title>"No lesson read yet"</title> });
    let hidden = lessons.is_none().then_some("true");
    let role = lessons.is_some().then_some("img");
    view! {
        <svg class="ring" viewBox="0 0 36 36" width="28" height="28" role=role aria-hidden=hidden
            data-module-lessons=lessons>
            {title}
            <circle class="ring-track" cx="18" cy="18" r="16" fill="none" stroke-width="2.5"></circle>
            <circle class="ring-done" cx="18" cy="18" r="16" fill="none" stroke-width="2.5" pathLength="100"
                stroke-dasharray="0 100" transform="rotate(-90 18 18)"></circle>
            <text x="18" y="23" text-anchor="middle" aria-hidden="true">{number}</text>
        </svg>
    }
    .into_any()
}

/// Three lines.
pub(super) fn menu() -> AnyView {
    view! {
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d="M3 5.5h14M3 10h14M3 14.5h14" fill="none" stroke="currentColor" stroke-width="1.6"
                stroke-linecap="round"></path>
        </svg>
    }
    .into_any()
}

/// A lens.
pub(super) fn search() -> AnyView {
    view! {
        <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
            <path d="M13.2 13.2 17 17M14.5 9a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0Z" fill="none" stroke="currentColor"
                stroke-width="1.6" stroke-linecap="round"></path>
        </svg>
    }
    .into_any()
}

/// A disc, half of it filled.
pub(super) fn theme_auto() -> AnyView {
    view! {
        <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
            <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.5"></circle>
            <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor"></path>
        </svg>
    }
    .into_any()
}

/// A sun.
pub(super) fn theme_light() -> AnyView {
    view! {
        <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
            <circle cx="10" cy="10" r="3.4" fill="none" stroke="currentColor" stroke-width="1.5"></circle>
            <path d="M10 1.8v2.4M10 15.8v2.4M1.8 10h2.4M15.8 10h2.4M4.2 4.2l1.7 1.7M14.1 14.1l1.7 1.7M4.2 15.8l1.7-1.7M14.1 5.9l1.7-1.7"
                stroke="currentColor" stroke-width="1.5" stroke-linecap="round"></path>
        </svg>
    }
    .into_any()
}

/// A moon.
pub(super) fn theme_dark() -> AnyView {
    view! {
        <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
            <path d="M16.6 12.2A7 7 0 0 1 7.8 3.4a7 7 0 1 0 8.8 8.8z" fill="none" stroke="currentColor"
                stroke-width="1.5" stroke-linejoin="round"></path>
        </svg>
    }
    .into_any()
}

/// An arrow to the right, or to the left.
pub(super) fn arrow(to_right: bool) -> AnyView {
    let path = if to_right { "M3 10h13M11 5l5 5-5 5" } else { "M17 10H4M9 5l-5 5 5 5" };
    view! {
        <svg class="arrow" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d=path fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"
                stroke-linejoin="round"></path>
        </svg>
    }
    .into_any()
}
