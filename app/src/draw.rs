//! What panels are made of: elements and texts as plain data.
//!
//! A panel is drawn anew at every step. Leptos takes all attributes of a view off and sets them again whenever it is drawn
//! anew (with erased types, which halve the program), and then the browser works out every style again. So panels are data,
//! and `patch` writes into the page only what differs from the step before.

use content::escape;
use std::borrow::Cow;

/// An element with its attributes and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub(crate) tag: &'static str,
    /// Whether it is a shape of SVG and not of HTML.
    pub(crate) is_shape: bool,
    pub(crate) attributes: Vec<(&'static str, Cow<'static, str>)>,
    pub(crate) inside: Inside,
}

/// What stands in an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inside {
    Nodes(Vec<Node>),
    /// Made by somebody else, who has escaped what must be.
    Html(String),
}

/// A piece of what is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A text, as it is read.
    Text(Cow<'static, str>),
    /// An element.
    Element(Element),
}

/// An element of HTML without anything.
#[must_use]
pub fn el(tag: &'static str) -> Element {
    Element { tag, is_shape: false, attributes: Vec::new(), inside: Inside::Nodes(Vec::new()) }
}

/// An element of SVG without anything.
#[must_use]
pub fn shape(tag: &'static str) -> Element {
    Element { is_shape: true, ..el(tag) }
}

impl Element {
    /// Sets an attribute that is not there yet.
    #[must_use]
    pub fn set(mut self, name: &'static str, value: impl Value) -> Self {
        self.attributes.push((name, value.value()));
        self
    }

    /// Sets an attribute if there is a value for it.
    #[must_use]
    pub fn set_if(self, name: &'static str, value: Option<impl Value>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Sets the classes.
    #[must_use]
    pub fn class(self, classes: impl Value) -> Self {
        self.set("class", classes)
    }

    /// Adds a text, an element, or several, after what stands in it.
    #[must_use]
    pub fn with(mut self, content: impl Content) -> Self {
        if let Inside::Nodes(nodes) = &mut self.inside {
            content.put(nodes);
        }
        self
    }

    /// Puts HTML in it, in the place of everything else.
    #[must_use]
    pub fn html(mut self, html: String) -> Self {
        self.inside = Inside::Html(html);
        self
    }

    /// Writes the element as HTML.
    pub(crate) fn write(&self, out: &mut String) {
        let Self { tag, attributes, inside, .. } = self;
        out.push('<');
        out.push_str(tag);
        for (name, value) in attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            out.push_str(&escape(value));
            out.push('"');
        }
        let is_empty = matches!(inside, Inside::Nodes(nodes) if nodes.is_empty());
        if is_empty && self.is_shape {
            return out.push_str("/>");
        }
        out.push('>');
        match inside {
            Inside::Html(html) => out.push_str(html),
            Inside::Nodes(nodes) => nodes.iter().for_each(|node| match node {
                Node::Text(text) => out.push_str(&escape(text)),
                Node::Element(element) => element.write(out),
            }),
        }
        out.push_str("</");
        out.push_str(tag);
        out.push('>');
    }
}

/// What an attribute or a text may be given as.
pub trait Value {
    /// The text.
    fn value(self) -> Cow<'static, str>;
}

impl Value for &'static str {
    fn value(self) -> Cow<'static, str> {
        Cow::Borrowed(self)
    }
}

impl Value for String {
    fn value(self) -> Cow<'static, str> {
        Cow::Owned(self)
    }
}

impl Value for &String {
    fn value(self) -> Cow<'static, str> {
        Cow::Owned(self.clone())
    }
}

impl Value for usize {
    fn value(self) -> Cow<'static, str> {
        Cow::Owned(self.to_string())
    }
}

impl Value for u64 {
    fn value(self) -> Cow<'static, str> {
        Cow::Owned(self.to_string())
    }
}

/// What may stand in an element.
pub trait Content {
    /// Adds it to the nodes.
    fn put(self, nodes: &mut Vec<Node>);
}

impl Content for Element {
    fn put(self, nodes: &mut Vec<Node>) {
        nodes.push(Node::Element(self));
    }
}

impl Content for Node {
    fn put(self, nodes: &mut Vec<Node>) {
        nodes.push(self);
    }
}

impl<T: Value> Content for T {
    fn put(self, nodes: &mut Vec<Node>) {
        nodes.push(Node::Text(self.value()));
    }
}

impl<T: Content> Content for Option<T> {
    fn put(self, nodes: &mut Vec<Node>) {
        if let Some(it) = self {
            it.put(nodes);
        }
    }
}

impl<T: Content> Content for Vec<T> {
    fn put(self, nodes: &mut Vec<Node>) {
        self.into_iter().for_each(|it| it.put(nodes));
    }
}

#[cfg(test)]
mod tests {
    use super::{el, shape};

    #[test]
    fn what_is_drawn_is_written_as_html() {
        let mark = shape("svg").set("width", 12_u64).with(shape("path").set("d", "M0 0"));
        let row = el("p").class("a \"b\"").set_if("title", None::<String>).with("1 < 2 & 3 > 2");
        let all = el("div").with(row).with(Some(mark)).with(vec!["x".to_owned(), "y".to_owned()]);
        let mut html = String::new();
        all.write(&mut html);
        assert_eq!(
            html,
            "<div><p class=\"a &quot;b&quot;\">1 &lt; 2 &amp; 3 &gt; 2</p>\
             <svg width=\"12\"><path d=\"M0 0\"/></svg>xy</div>"
        );
    }

    #[test]
    fn html_of_others_is_taken_as_it_is() {
        let mut html = String::new();
        el("div").with("gone").html("<b>a</b>".to_owned()).write(&mut html);
        assert_eq!(html, "<div><b>a</b></div>");
    }
}
