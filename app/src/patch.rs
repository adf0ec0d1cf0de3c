//! Puts what is drawn into the page, and later only what has changed.

use crate::browser;
use crate::draw::{Element, Inside, Node};
use leptos::tachys::html::attribute::{Attribute, any_attribute::AnyAttribute};
use leptos::tachys::hydration::Cursor;
use leptos::tachys::renderer::types;
use leptos::tachys::view::add_attr::AddAnyAttr;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};
use std::borrow::Cow;
use wasm_bindgen::JsCast as _;

const SVG: &str = "http://www.w3.org/2000/svg";

/// An element in the page, and what it was drawn from.
#[derive(Debug)]
pub struct Shown {
    element: web_sys::Element,
    tag: &'static str,
    is_shape: bool,
    attributes: Vec<(&'static str, Cow<'static, str>)>,
    inside: ShownInside,
}

#[derive(Debug)]
enum ShownInside {
    Nodes(Vec<ShownNode>),
    Html(String),
}

#[derive(Debug)]
enum ShownNode {
    Text(web_sys::Node, Cow<'static, str>),
    Element(Shown),
}

impl ShownNode {
    fn of(node: Node) -> Option<Self> {
        match node {
            Node::Text(text) => {
                let node = browser::document()?.create_text_node(&text);
                Some(Self::Text(node.unchecked_into(), text))
            }
            Node::Element(element) => Shown::of(element).map(Self::Element),
        }
    }

    fn node(&self) -> &web_sys::Node {
        match self {
            Self::Text(node, _) => node,
            Self::Element(shown) => &shown.element,
        }
    }

    /// Becomes what is drawn now.
    fn turn_into(&mut self, node: Node) {
        match (&mut *self, node) {
            (Self::Text(place, was), Node::Text(text)) => {
                if *was != text {
                    place.set_node_value(Some(&text));
                    *was = text;
                }
            }
            (Self::Element(shown), Node::Element(element)) if shown.is_like(&element) => {
                shown.turn_into(element);
            }
            (_, node) => {
                let Some(new) = Self::of(node) else { return };
                if let Some(parent) = self.node().parent_node() {
                    let _ = parent.replace_child(new.node(), self.node());
                }
                *self = new;
            }
        }
    }
}

impl Shown {
    /// Makes the element; `None` where there is no page.
    fn of(drawn: Element) -> Option<Self> {
        let Element { tag, is_shape, attributes, inside } = drawn;
        let document = browser::document()?;
        let element = match is_shape {
            true => document.create_element_ns(Some(SVG), tag),
            false => document.create_element(tag),
        };
        let element = element.ok()?;
        for (name, value) in &attributes {
            let _ = element.set_attribute(name, value);
        }
        let inside = match inside {
            Inside::Html(html) => {
                element.set_inner_html(&html);
                ShownInside::Html(html)
            }
            Inside::Nodes(nodes) => {
                let shown: Vec<ShownNode> = nodes.into_iter().filter_map(ShownNode::of).collect();
                shown.iter().for_each(|it| append(&element, it));
                ShownInside::Nodes(shown)
            }
        };
        Some(Self { element, tag, is_shape, attributes, inside })
    }

    /// Whether the element in the page can become what is drawn.
    fn is_like(&self, drawn: &Element) -> bool {
        let holds_html = matches!(self.inside, ShownInside::Html(_));
        self.tag == drawn.tag
            && self.is_shape == drawn.is_shape
            && holds_html == matches!(drawn.inside, Inside::Html(_))
    }

    /// Becomes what is drawn now, which is like it.
    fn turn_into(&mut self, drawn: Element) {
        self.set_attributes(drawn.attributes);
        match (&mut self.inside, drawn.inside) {
            (ShownInside::Html(was), Inside::Html(html)) if *was != html => {
                self.element.set_inner_html(&html);
                *was = html;
            }
            (ShownInside::Nodes(shown), Inside::Nodes(nodes)) => {
                for gone in shown.drain(nodes.len().min(shown.len())..) {
                    let _ = self.element.remove_child(gone.node());
                }
                for (at, node) in nodes.into_iter().enumerate() {
                    if let Some(shown) = shown.get_mut(at) {
                        shown.turn_into(node);
                    } else if let Some(new) = ShownNode::of(node) {
                        append(&self.element, &new);
                        shown.push(new);
                    }
                }
            }
            _ => {}
        }
    }

    fn set_attributes(&mut self, new: Vec<(&'static str, Cow<'static, str>)>) {
        let was = std::mem::replace(&mut self.attributes, new);
        for (name, _) in &was {
            if !self.attributes.iter().any(|it| it.0 == *name) {
                let _ = self.element.remove_attribute(name);
            }
        }
        for (at, (name, value)) in self.attributes.iter().enumerate() {
            // Nearly always the attributes are the same ones in the same order.
            let old = was.get(at).filter(|it| it.0 == *name);
            let old = old.or_else(|| was.iter().find(|it| it.0 == *name));
            if old.is_none_or(|it| it.1 != *value) {
                let _ = self.element.set_attribute(name, value);
            }
        }
    }
}

fn append(parent: &web_sys::Element, child: &ShownNode) {
    let _ = parent.append_child(child.node());
}

/// The element in the page. There always is one: only a program in a page builds its views.
#[derive(Debug)]
pub struct Place(Option<Shown>);

impl Mountable for Place {
    fn unmount(&mut self) {
        if let Some(shown) = &self.0 {
            shown.element.remove();
        }
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        if let Some(shown) = &self.0 {
            let _ = parent.insert_before(&shown.element, marker);
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let Some(shown) = &self.0 else { return false };
        let Some(parent) = shown.element.parent_element() else { return false };
        child.mount(&parent, Some(&shown.element));
        true
    }

    fn elements(&self) -> Vec<types::Element> {
        self.0.iter().map(|it| it.element.clone()).collect()
    }
}

impl Render for Element {
    type State = Place;

    fn build(self) -> Place {
        Place(Shown::of(self))
    }

    fn rebuild(self, state: &mut Place) {
        match &mut state.0 {
            Some(shown) if shown.is_like(&self) => shown.turn_into(self),
            _ => {
                let mut new = self.build();
                state.insert_before_this(&mut new);
                state.unmount();
                *state = new;
            }
        }
    }
}

impl AddAnyAttr for Element {
    type Output<SomeNewAttr: Attribute> = Self;

    /// What is drawn has all of its attributes.
    fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self {
        self
    }
}

impl RenderHtml for Element {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        _escape: bool,
        _mark_branches: bool,
        _extra_attrs: Vec<AnyAttribute>,
    ) {
        self.write(buf);
        *position = Position::NextChild;
    }

    /// No page of ours is hydrated: a figure that answers takes the place of its picture.
    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> Place {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}
