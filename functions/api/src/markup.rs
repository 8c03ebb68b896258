//! Text in XML and HTML.

use std::fmt::{self, Display, Write as _};

/// Whether XML 1.0 can represent the character (section 2.2): all except most control characters and two noncharacters.
#[must_use]
pub fn is_xml_char(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    }
}

/// A text, escaped for content and for quoted attributes of XML and HTML. Characters that XML cannot represent are replaced.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // A parser would turn an unescaped one into a line feed.
                '\r' => f.write_str("&#13;")?,
                c if is_xml_char(c) => f.write_char(c)?,
                _ => f.write_char(char::REPLACEMENT_CHARACTER)?,
            }
        }
        Ok(())
    }
}

/// An XML document that is built element by element. Names are constants; values may come from clients.
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned())
    }

    /// Adds an element with text.
    pub(crate) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes, ">");
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{}</{name}>", Escaped(text));
    }

    /// Adds an element without content.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, "/>");
    }

    /// Adds an element with other elements.
    pub(crate) fn nested(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        self.tag(name, attributes, ">");
        content(self);
        let _ = write!(self.0, "</{name}>");
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        let _ = write!(self.0, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"{}\"", Escaped(value));
        }
        self.0.push_str(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let mut xml = Xml::new();
        xml.nested("a", &[("b", "\"><x y='")], |xml| {
            xml.text("c", &[], "]]><!-- & -->");
            xml.empty("d", &[]);
        });
        let expected = "<a b=\"&quot;&gt;&lt;x y=&#39;\"><c>]]&gt;&lt;!-- &amp; --&gt;</c><d/></a>";
        assert_eq!(xml.finish().lines().nth(1), Some(expected));
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced_and_everything_else_survives() {
        let escaped = Escaped("\0\u{b}\u{1f}\u{fffe}é\u{85}\u{10ffff}🦀\t\n\r").to_string();
        assert_eq!(escaped, "����é\u{85}\u{10ffff}🦀\t\n&#13;");
    }
}
