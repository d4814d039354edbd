//! The few elements of SVG that the charts are made of.

use core::fmt::{Display, Write};

use super::colour::Colour;

/// How a text looks; each is a class of the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// The title of a chart.
    Title,
    /// The heading of a panel.
    Heading,
    /// Small and faint, from its point to the right.
    Plain,
    /// The same, about its point.
    Middle,
    /// The same, from its point to the left.
    End,
    /// The value of a cell on a light ground.
    Dark,
    /// The value of a cell on a dark ground.
    Light,
}

impl Text {
    const fn class(self) -> &'static str {
        match self {
            Self::Title => "t",
            Self::Heading => "h",
            Self::Plain => "p",
            Self::Middle => "p m",
            Self::End => "p e",
            Self::Dark => "v",
            Self::Light => "v w",
        }
    }
}

/// The strokes thicken the values a little, so that they are read in a small picture too.
const STYLES: &str = "<style>\
    text{font-family:'Segoe UI',Roboto,Ubuntu,'Helvetica Neue',Arial,sans-serif}\
    .t{font-size:22px;fill:#1c242c}\
    .h{font-size:15px;fill:#1c242c}\
    .p{font-size:13px;fill:#4a5662}\
    .m{text-anchor:middle}\
    .e{text-anchor:end}\
    .v{font-size:14px;text-anchor:middle;fill:#1c242c;stroke:#1c242c;stroke-width:.3px}\
    .w{fill:#fff;stroke:#fff}\
    </style>\n";

/// An SVG document that grows; lengths are pixels at scale 1.
#[derive(Debug)]
pub(crate) struct Svg(String);

impl Svg {
    /// A white sheet. What it shows is told to those who do not see it.
    pub(crate) fn new(width: f64, height: f64, shows: &str) -> Self {
        let mut out = Self(String::new());
        let _ = write!(
            out.0,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\">\n<title>{}</title>\n{STYLES}",
            escaped(shows)
        );
        out.rect(0.0, 0.0, width, height, Colour::WHITE);
        out
    }

    /// A filled rectangle.
    pub(crate) fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: Colour) {
        let [x, y, width, height] = [x, y, width, height].map(short);
        let _ = writeln!(self.0, "<path d=\"M{x} {y}h{width}v{height}h-{width}z\" fill=\"{fill}\"/>");
    }

    /// A filled triangle in the upper right corner of a rectangle that ends at `right`.
    pub(crate) fn corner(&mut self, right: f64, top: f64, side: f64, fill: Colour) {
        let [x, y] = [right - side, top].map(short);
        let _ = writeln!(self.0, "<path d=\"M{x} {y}h{side}v{side}z\" fill=\"{fill}\"/>");
    }

    /// A line of text with its base line at `y`.
    pub(crate) fn text(&mut self, x: f64, y: f64, style: Text, text: impl Display) {
        let ([x, y], class) = ([x, y].map(short), style.class());
        let _ = writeln!(
            self.0,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
            escaped(&text.to_string())
        );
    }

    /// The whole document.
    pub(crate) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// A length with at most one decimal.
fn short(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
