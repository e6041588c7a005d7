//! The few shapes that the picture is made of. Places and sizes are in pixels, colours as SVG writes them.

use std::fmt::{self, Write as _};

/// A picture that is being drawn.
#[derive(Debug)]
pub(super) struct Svg {
    text: String,
}

/// Which point of a text is where it is put.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

type Point = (f64, f64);

impl Svg {
    /// A white one.
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut svg = Self { text: String::new() };
        svg.write(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        ));
        svg.rect((0.0, 0.0), (width, height), "white");
        svg
    }

    pub(super) fn rect(&mut self, (x, y): Point, (width, height): (f64, f64), colour: &str) {
        self.write(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>\n"
        ));
    }

    pub(super) fn dashed(&mut self, (x1, y1): Point, (x2, y2): Point, colour: &str) {
        self.write(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" stroke-dasharray=\"3 3\"/>\n"
        ));
    }

    pub(super) fn text(&mut self, (x, y): Point, anchor: Anchor, colour: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = Escaped(text);
        self.write(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>\n"
        ));
    }

    pub(super) fn bold_text(&mut self, (x, y): Point, colour: &str, text: &str) {
        let text = Escaped(text);
        self.write(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"15\" font-weight=\"bold\" fill=\"{colour}\">{text}</text>\n"
        ));
    }

    /// The whole file.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    fn write(&mut self, what: fmt::Arguments<'_>) {
        // A String takes everything.
        self.text.write_fmt(what).ok();
    }
}

/// A text in which nothing is markup.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|it| match it {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            it if it.is_control() => f.write_char(' '),
            it => f.write_char(it),
        })
    }
}
