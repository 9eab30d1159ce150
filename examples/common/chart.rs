//! Line charts in a grid of panels, as PNG or SVG.

pub mod beside;
mod curve;

use std::fs;
use std::io::BufWriter;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use curve::{Point, is_its_turn, length, visible};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use tempfile::NamedTempFile;

/// A curve. Points that are not finite interrupt it.
pub struct Series {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// One chart of the picture. If a range is `None`, it is that of the points with a margin.
pub struct Panel {
    pub title: String,
    pub x_label: String,
    pub y_label: String,
    pub x: Option<Range<f64>>,
    pub y: Option<Range<f64>>,
    pub series: Vec<Series>,
}

/// The size of a panel in pixels.
const PANEL: (u32, u32) = (1200, 840);

/// Everything is drawn larger by this factor. A PNG is then averaged down, which smooths it; an SVG
/// is only given a smaller size.
const SCALE: u32 = 3;

/// The colours of Okabe and Ito, which colour-blind readers can tell apart, without yellow, which
/// is too light for lines.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

const GRAY: RGBColor = RGBColor(150, 150, 150);
const LIGHT_GRAY: RGBColor = RGBColor(225, 225, 225);

/// The width of a curve.
const CURVE: u32 = 4;

/// The size of the numbers at the axes and of the legend.
const TEXT: u32 = 32;

/// The font family that SVG viewers look for.
const FONT: &str = "sans-serif";

/// Draws panels in a grid of `columns`, `shrink` times smaller than usual. The extension of `path`
/// says whether it is a PNG or an SVG.
pub fn draw(path: &Path, panels: &[Panel], columns: usize, shrink: u32) -> Result<()> {
    let registered = register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    registered.map_err(|_| anyhow!("the font is broken"))?;
    let extension = path
        .extension()
        .map(|extension| extension.to_ascii_lowercase());
    let written = match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some("png") => written(path, panels, columns, shrink, Format::Png),
        Some("svg") => written(path, panels, columns, shrink, Format::Svg),
        _ => Err(anyhow!("a picture's name must end in .png or .svg")),
    };
    let place = || path.display().to_string();
    written
        .with_context(place)?
        .persist(path)
        .map_err(|error| error.error)
        .with_context(place)?;
    Ok(())
}

/// Draws the picture into a temporary file beside `path`.
fn written(
    path: &Path,
    panels: &[Panel],
    columns: usize,
    shrink: u32,
    format: Format,
) -> Result<NamedTempFile> {
    let columns = columns.clamp(1, panels.len().max(1));
    let rows = panels.len().div_ceil(columns).max(1);
    let panel = (PANEL.0 / shrink, PANEL.1 / shrink);
    let size = (panel.0 * columns as u32, panel.1 * rows as u32);
    let file = beside::beside(path)?;
    match format {
        Format::Png => {
            let mut picture = vec![255; size.0 as usize * size.1 as usize * 3];
            let mut grid = BitMapBackend::with_buffer(&mut picture, size);
            // Panels are drawn one after the other, since all of a large grid at once would not fit
            // in memory.
            let drawn = (PANEL.0 * SCALE, PANEL.1 * SCALE);
            let mut pixels = vec![0; drawn.0 as usize * drawn.1 as usize * 3];
            for (position, one) in panels.iter().enumerate() {
                let root = BitMapBackend::with_buffer(&mut pixels, drawn).into_drawing_area();
                draw_panels(&root, std::slice::from_ref(one), (1, 1), format)?;
                drop(root);
                let corner = (
                    (position % columns) as u32 * panel.0,
                    (position / columns) as u32 * panel.1,
                );
                let averaged = averaged(&pixels, drawn.0 as usize, (SCALE * shrink) as usize);
                grid.blit_bitmap((corner.0 as i32, corner.1 as i32), panel, &averaged)?;
            }
            drop(grid);
            let mut encoder = png::Encoder::new(BufWriter::new(&file), size.0, size.1);
            encoder.set_color(png::ColorType::Rgb);
            let mut writer = encoder.write_header()?;
            writer.write_image_data(&picture)?;
            writer.finish()?;
        }
        Format::Svg => {
            let drawn = (
                PANEL.0 * SCALE * columns as u32,
                PANEL.1 * SCALE * rows as u32,
            );
            let mut svg = String::new();
            let root = SVGBackend::with_string(&mut svg, drawn).into_drawing_area();
            draw_panels(&root, panels, (rows, columns), format)?;
            drop(root);
            let [drawn, size] = [drawn, size]
                .map(|(width, height)| format!("width=\"{width}\" height=\"{height}\""));
            fs::write(&file, svg.replacen(&drawn, &size, 1))?;
        }
    }
    Ok(file)
}

/// The backends of the two formats draw some things differently.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Png,
    Svg,
}

impl Format {
    /// Returns how far a text of this size must be moved down to be centred.
    fn drop(self, text: u32) -> i32 {
        let part = match self {
            Format::Png => 0.19,
            Format::Svg => 0.07,
        };
        (f64::from(px(text)) * part) as i32
    }
}

fn draw_panels<DB>(
    root: &DrawingArea<DB, Shift>,
    panels: &[Panel],
    grid: (usize, usize),
    format: Format,
) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    root.fill(&WHITE)?;
    for (area, panel) in root.split_evenly(grid).iter().zip(panels) {
        draw_panel(area, panel, format).with_context(|| format!("panel `{}`", panel.title))?;
    }
    root.present()?;
    Ok(())
}

fn draw_panel<DB>(area: &DrawingArea<DB, Shift>, panel: &Panel, format: Format) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let values =
        |coordinate: fn(&Point) -> f64| panel.series.iter().flat_map(|s| &s.points).map(coordinate);
    let x = range(panel.x.as_ref(), values(|point| point.0), 0.0).context("x")?;
    let y = range(panel.y.as_ref(), values(|point| point.1), 0.05).context("y")?;

    let mut builder = ChartBuilder::on(area);
    builder
        .margin(px(20))
        .margin_right(px(40))
        .x_label_area_size(px(if panel.x_label.is_empty() { 56 } else { 92 }))
        .y_label_area_size(px(if panel.y_label.is_empty() { 84 } else { 124 }));
    if !panel.title.is_empty() {
        builder.caption(&panel.title, font(44));
    }
    let mut chart = builder.build_cartesian_2d(x.clone(), y.clone())?;
    chart
        .configure_mesh()
        .max_light_lines(1)
        .light_line_style(TRANSPARENT)
        .bold_line_style(line(LIGHT_GRAY, 1))
        .axis_style(line(BLACK, 2))
        .set_all_tick_mark_size(px(8))
        .x_labels(11)
        .y_labels(9)
        .y_label_offset(format.drop(TEXT))
        .label_style(font(TEXT))
        .axis_desc_style(font(36))
        .x_label_formatter(&|&value| tick(value, x.end - x.start))
        .y_label_formatter(&|&value| tick(value, y.end - y.start))
        .x_desc(&panel.x_label)
        .y_desc(&panel.y_label)
        .draw()?;

    // Draws the axes through the origin, a little darker than the grid.
    let zero = [
        [(x.start, 0.0), (x.end, 0.0)],
        [(0.0, y.start), (0.0, y.end)],
    ];
    let visible_zero = zero.iter().flat_map(|axis| visible(axis, &x, &y, |_| true));
    chart.draw_series(visible_zero.map(|axis| PathElement::new(axis, line(GRAY, 1))))?;

    let mut curves = Vec::new();
    for (index, series) in panel.series.iter().enumerate() {
        let style = curve_style(index);
        let disc =
            |&point: &Point| Circle::new(point, style.stroke_width / 2, style.color.filled());
        for line in visible(&series.points, &x, &y, |piece| {
            is_its_turn(&panel.series, index, piece, &x, &y)
        }) {
            // In a bitmap, a long thick line that crosses itself gets holes. So its segments are
            // drawn one by one, with round joints.
            if format == Format::Png || series.points.len() == 1 {
                chart.draw_series(line.windows(2).map(|piece| PathElement::new(piece, style)))?;
                chart.draw_series(line.iter().map(disc))?;
            } else {
                chart.draw_series([PathElement::new(line.as_slice(), style)])?;
            }
            curves.push(line);
        }
    }
    // The coordinates are relative to the plotting area: from (0, 0) at the upper left corner to
    // (1, 1).
    let part = |&(a, b): &Point| {
        (
            (a - x.start) / (x.end - x.start),
            (y.end - b) / (y.end - y.start),
        )
    };
    let curves: Vec<Vec<_>> = curves
        .iter()
        .map(|line| line.iter().map(part).collect())
        .collect();
    draw_legend(
        &chart.plotting_area().strip_coord_spec(),
        &panel.series,
        &curves,
        format,
    )
}

/// Draws the legend where it covers least of the curves.
fn draw_legend<DB>(
    area: &DrawingArea<DB, Shift>,
    series: &[Series],
    curves: &[Vec<Point>],
    format: Format,
) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    /// The number of steps in each direction between the places that are tried.
    const STEPS: u32 = 12;
    let (padding, line_height, symbol) = (px(16), px(44), px(56));
    let font = font(TEXT).pos(Pos::new(HPos::Left, VPos::Center));
    let mut text_width = 0;
    for Series { name, .. } in series {
        text_width = text_width.max(area.estimate_text_size(name, &font)?.0);
    }
    if text_width == 0 {
        return Ok(());
    }
    // The font of an SVG viewer may be a little wider than ours.
    text_width += text_width / 12;
    let (width, height) = (
        3 * padding + symbol + text_width,
        padding + line_height * series.len() as u32,
    );

    let whole = area.dim_in_pixel();
    let (right, bottom) = (
        whole.0.saturating_sub(width + padding),
        whole.1.saturating_sub(height + padding),
    );
    let between = |first: u32, last: u32| {
        (0..=STEPS).map(move |step| (first * (STEPS - step) + last * step) / STEPS)
    };
    let places = between(padding, bottom)
        .flat_map(|top| between(padding, right).map(move |left| (left, top)));
    let covered = |&(left, top): &(u32, u32)| -> f64 {
        let part = |from, size, whole| {
            f64::from(from) / f64::from(whole)..f64::from(from + size) / f64::from(whole)
        };
        let (x, y) = (part(left, width, whole.0), part(top, height, whole.1));
        let lengths = curves
            .iter()
            .flat_map(|curve| visible(curve, &x, &y, |_| true))
            .map(|line| length(&line));
        lengths.sum()
    };
    let covered_and_place = places
        .map(|place| (covered(&place), place))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let (left, top) = covered_and_place.map_or((padding, padding), |(_, place)| place);

    let area = area.clone().shrink((left, top), (width, height));
    area.fill(&WHITE.mix(0.9))?;
    area.draw(&Rectangle::new(
        [(0, 0), (width as i32, height as i32)],
        line(GRAY, 1),
    ))?;
    let x = (
        padding as i32,
        (padding + symbol) as i32,
        (2 * padding + symbol) as i32,
    );
    for (index, Series { name, .. }) in series.iter().enumerate() {
        let y = (padding / 2 + line_height * index as u32 + line_height / 2) as i32;
        area.draw(&PathElement::new([(x.0, y), (x.1, y)], curve_style(index)))?;
        area.draw_text(name, &font, (x.2, y + format.drop(TEXT)))?;
    }
    Ok(())
}

fn px(pixels: u32) -> u32 {
    pixels * SCALE
}

fn font(size: u32) -> TextStyle<'static> {
    (FONT, px(size)).into_font().color(&BLACK)
}

fn line(color: RGBColor, width: u32) -> ShapeStyle {
    color.stroke_width(px(width))
}

/// Gives each curve a colour of its own. When all colours are used, they repeat with thinner lines.
fn curve_style(index: usize) -> ShapeStyle {
    let round = (index / COLORS.len()) as u32;
    line(
        COLORS[index % COLORS.len()],
        CURVE.saturating_sub(2 * round).max(1),
    )
}

/// Formats the number at a tick mark with no more digits than needed, and with a minus sign instead
/// of a hyphen. `size` is the length of the axis.
fn tick(value: f64, size: f64) -> String {
    // Ticks are sums of steps, so tiny values are rounding errors of 0.
    let value = if value.abs() < 1e-6 * size {
        0.0
    } else {
        value
    };
    let value = format!("{value:.9e}").parse().unwrap_or(value);
    let is_short = value == 0.0 || (1e-5..1e7).contains(&value.abs());
    let text = if is_short {
        value.to_string()
    } else {
        format!("{value:e}")
    };
    text.replace('-', "\u{2212}")
}

/// Returns the given range, or the range of the values with a margin on both sides.
fn range(
    given: Option<&Range<f64>>,
    values: impl Iterator<Item = f64>,
    margin: f64,
) -> Result<Range<f64>> {
    let finite = values.filter(|value| value.is_finite());
    let least_and_most = || {
        finite
            .map(|value| (value, value))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    };
    let range = given.cloned().unwrap_or_else(|| {
        let (least, most) = least_and_most().unwrap_or((0.0, 1.0));
        let size = most - least;
        let margin = if size > 0.0 {
            size * margin
        } else {
            0.5_f64.max(least.abs() * 0.5)
        };
        least - margin..most + margin
    });
    let (size, magnitude) = (
        range.end - range.start,
        range.start.abs().max(range.end.abs()),
    );
    // A narrower range has no room for tick marks.
    ensure!(
        size.is_finite() && size > 1e-9 * magnitude,
        "no axis can go from {:?} to {:?}",
        range.start,
        range.end
    );
    Ok(range)
}

/// Each pixel of the picture is the mean of the `scale` by `scale` pixels that were drawn for it.
fn averaged(drawn: &[u8], drawn_width: usize, scale: usize) -> Vec<u8> {
    let mut picture = Vec::with_capacity(drawn.len() / (scale * scale));
    for rows in drawn.chunks_exact(drawn_width * 3 * scale) {
        for start in (0..drawn_width * 3).step_by(3 * scale) {
            for channel in start..start + 3 {
                let offsets =
                    (0..scale * scale).map(|i| (i / scale) * drawn_width * 3 + (i % scale) * 3);
                let sum: usize = offsets
                    .map(|offset| usize::from(rows[channel + offset]))
                    .sum();
                picture.push((sum / (scale * scale)) as u8);
            }
        }
    }
    picture
}
