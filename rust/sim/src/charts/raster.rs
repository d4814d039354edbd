//! SVG to PNG, with a font that comes with a library: a machine without fonts draws the same.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

/// Pixels of the PNG per pixel of the SVG.
const SCALE: f32 = 1.25;

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
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    encode(&pixels).map_err(|error| error.to_string())
}

/// A small PNG of an opaque picture: without the opacity, and with 32 levels of each colour, which nobody tells from 256 here.
fn encode(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let level = |value: u8| value.saturating_add(4) & 0xf8 | value >> 5;
    let colours: Vec<u8> =
        pixels.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()].map(level)).collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header()?.write_image_data(&colours)?;
    Ok(out)
}
