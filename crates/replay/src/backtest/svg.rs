//! The few shapes the plots are made of. Coordinates have one decimal, so that a plot is the same bytes on every machine.

use std::fmt::Write;

pub const INK: &str = "#1f2933";
pub const FAINT: &str = "#d9dee4";
/// By regime.
pub const REGIME_COLOURS: [&str; 3] = ["#5b6776", "#d98a00", "#0b62c4"];

/// A drawing on white.
pub struct Drawing {
    body: String,
    width: u32,
    height: u32,
}

impl Drawing {
    pub fn new(width: u32, height: u32) -> Self {
        Self { body: String::new(), width, height }
    }

    fn put(&mut self, shape: &str) {
        self.body.push_str(shape);
        self.body.push('\n');
    }

    /// `anchor`: start, middle or end.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: &str, size: u32, text: &str) {
        let weight = if size > 14 { " font-weight=\"600\"" } else { "" };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.put(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"{INK}\"{weight}>{text}</text>"
        ));
    }

    /// Text from below to above, centred.
    pub fn text_up(&mut self, (x, y): (f64, f64), text: &str) {
        self.put(&format!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\" font-size=\"12\" fill=\"{INK}\">{text}</text>"
        ));
    }

    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: &str) {
        self.put(&format!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" stroke-width=\"1\"/>"
        ));
    }

    pub fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str, opacity: f64) {
        self.put(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\" fill-opacity=\"{opacity:.2}\"/>"
        ));
    }

    /// A line through points; of those in the same column of pixels only what is seen.
    pub fn curve(&mut self, points: &[(f64, f64)], colour: &str, dash: &str) {
        let mut path = String::new();
        for column in points.chunk_by(|one, other| one.0.floor() == other.0.floor()) {
            let by_height = |one: &&(f64, f64), other: &&(f64, f64)| one.1.total_cmp(&other.1);
            let (low, high) = (column.iter().min_by(by_height), column.iter().max_by(by_height));
            let mut seen = [column.first(), low, high, column.last()].into_iter().flatten().collect::<Vec<_>>();
            seen.sort_by(|one, other| one.0.total_cmp(&other.0));
            seen.dedup();
            for (x, y) in seen {
                let _infallible = write!(path, "{x:.1},{y:.1} ");
            }
        }
        let dash = if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
        self.put(&format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" stroke-linejoin=\"round\"{dash}/>",
            path.trim_end()
        ));
    }

    pub fn finish(self) -> String {
        let Self { body, width, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"Helvetica, Arial, sans-serif\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
        )
    }
}

/// Round values from `low` to `high`, about `count` of them.
pub fn ticks(low: f64, high: f64, count: f64) -> Vec<f64> {
    let rough = ((high - low) / count).max(1e-9);
    let mut unit = 1e-9;
    while unit * 10.0 <= rough {
        unit *= 10.0;
    }
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|factor| factor * unit).find(|step| *step >= rough);
    let step = step.unwrap_or(unit * 10.0);
    let first = (low / step).ceil() as i64;
    (first..).map(|index| index as f64 * step).take_while(|value| *value <= high + step * 1e-6).collect()
}
