//! SVG to PNG, with a font that comes with a library: a machine without fonts draws the same.

use std::collections::HashMap;
use std::sync::Arc;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

/// Pixels of the PNG per pixel of the SVG.
const SCALE: f32 = 1.0;

/// Most colours of a PNG.
const PALETTE: usize = 64;

/// The one font, whatever an SVG asks for.
pub(crate) fn fonts() -> Arc<Database> {
    let mut fonts = Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    let family = fonts.faces().next().and_then(|face| face.families.first()).map(|(name, _)| name.clone());
    fonts.set_sans_serif_family(family.expect("the font of the library has a name"));
    Arc::new(fonts)
}

/// The drawing as PNG, or why there is none.
pub(crate) fn png(svg: &str, fonts: &Arc<Database>) -> Result<Vec<u8>, String> {
    let options = Options { fontdb: Arc::clone(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or("it has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("it is too large")?;
    // Where the last pixels of a line are covered in part.
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    encode(&pixels).map_err(|error| error.to_string())
}

/// A small PNG of an opaque picture: with a palette of its most frequent colours, the few others drawn in the nearest of these.
fn encode(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let colours = || pixels.pixels().iter().map(|p| [p.red(), p.green(), p.blue()]);
    let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
    for colour in colours() {
        *counts.entry(colour).or_default() += 1;
    }
    let mut by_count: Vec<_> =
        counts.into_iter().map(|(colour, count)| (usize::MAX - count, colour)).collect();
    by_count.sort_unstable();
    let all: Vec<[u8; 3]> = by_count.into_iter().map(|(_, colour)| colour).collect();
    let palette = &all[..all.len().min(PALETTE)];
    let indices: HashMap<[u8; 3], u8> =
        all.iter().map(|colour| (*colour, nearest(palette, *colour))).collect();
    let picture: Vec<u8> = colours().map(|colour| indices[&colour]).collect();

    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header()?.write_image_data(&picture)?;
    Ok(out)
}

/// Which colour of a palette of at most 256 is nearest to this one.
fn nearest(palette: &[[u8; 3]], colour: [u8; 3]) -> u8 {
    let distance = |other: &[u8; 3]| -> u32 {
        other.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let index = (0..palette.len()).min_by_key(|i| distance(&palette[*i]));
    index.map_or(0, |i| i as u8)
}
