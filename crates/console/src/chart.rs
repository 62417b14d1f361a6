//! Charts as SVG: said to screen readers by their title and description, with their table beside them always.
//!
//! Colours come from the style sheet by class, since a page may not carry styles of its own; what tells series apart is
//! never colour alone.

use std::fmt::Write as _;

/// Height of a bar with what is between two, width of all, room for labels and for figures.
const ROW: u32 = 28;
const WIDTH: u32 = 640;
const LABELS: u32 = 230;
const FIGURES: u32 = 90;

/// What is drawn: labels with a value each, and the value as it is written.
pub(crate) struct Series<'a> {
    /// What the chart shows.
    pub(crate) title: &'a str,
    /// What there is to see in it, in a sentence.
    pub(crate) description: &'a str,
    /// Label, value, and the value's words. A value that is withheld is none, and its words say so.
    pub(crate) points: Vec<(String, Option<u64>, String)>,
}

impl Series<'_> {
    /// Lying bars, the longest as wide as there is room. The result is safe to stand in a page as it is.
    pub(crate) fn bars(&self) -> String {
        let height = ROW * u32::try_from(self.points.len()).unwrap_or(1) + 8;
        let mut svg = self.head(height);
        let most = self.most();
        for (at, (label, value, words)) in (0..).zip(&self.points) {
            let y = ROW * at + 4;
            let width = scaled(value.unwrap_or(0), most, WIDTH - LABELS - FIGURES);
            let text = y + 17;
            let _ = write!(
                svg,
                "<text class=\"chart-label\" x=\"{}\" y=\"{text}\" text-anchor=\"end\">{}</text>\
                 <rect class=\"{}\" x=\"{LABELS}\" y=\"{}\" width=\"{width}\" height=\"16\" rx=\"2\"/>\
                 <text class=\"chart-figure\" x=\"{}\" y=\"{text}\">{}</text>",
                LABELS - 8,
                escaped(label),
                if value.is_some() {
                    "chart-bar"
                } else {
                    "chart-none"
                },
                y + 4,
                LABELS + width + 6,
                escaped(words),
            );
        }
        svg + "</svg>"
    }

    /// A line through the points in order; it breaks where a value is withheld.
    pub(crate) fn line(&self) -> String {
        const HEIGHT: u32 = 220;
        const BASE: u32 = 180;
        let mut svg = self.head(HEIGHT);
        let most = self.most();
        let steps = u32::try_from(self.points.len().saturating_sub(1))
            .unwrap_or(1)
            .max(1);
        let _ = write!(
            svg,
            "<path class=\"chart-axis\" d=\"M40 {BASE}H{}\"/>",
            WIDTH - 20
        );
        let mut path = String::new();
        let mut marks = String::new();
        let mut pen = 'M';
        for (at, (label, value, words)) in (0..).zip(&self.points) {
            let x = 50 + (WIDTH - 100) * at / steps;
            let _ = write!(
                marks,
                "<text class=\"chart-label\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                BASE + 20,
                escaped(label)
            );
            let Some(value) = value else {
                pen = 'M';
                continue;
            };
            let y = BASE - scaled(*value, most, BASE - 30);
            let _ = write!(path, "{pen}{x} {y}");
            pen = 'L';
            let _ = write!(
                marks,
                "<circle class=\"chart-dot\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>\
                 <text class=\"chart-figure\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                y.saturating_sub(10),
                escaped(words)
            );
        }
        let _ = write!(svg, "<path class=\"chart-line\" d=\"{path}\"/>{marks}");
        svg + "</svg>"
    }

    fn most(&self) -> u64 {
        let values = self.points.iter().filter_map(|(_, value, _)| *value);
        values.max().unwrap_or(0).max(1)
    }

    fn head(&self, height: u32) -> String {
        format!(
            "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" xmlns=\"http://www.w3.org/2000/svg\">\
             <title>{}</title><desc>{}</desc>",
            escaped(self.title),
            escaped(self.description)
        )
    }
}

fn scaled(value: u64, most: u64, room: u32) -> u32 {
    let width = u128::from(value) * u128::from(room) / u128::from(most.max(1));
    u32::try_from(width).unwrap_or(room).min(room)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&#60;"),
            '>' => safe.push_str("&#62;"),
            '&' => safe.push_str("&#38;"),
            '"' => safe.push_str("&#34;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series<'a>() -> Series<'a> {
        let point = |label: &str, value| (label.to_owned(), value, label.to_owned());
        Series {
            title: "<script>",
            description: "d",
            points: vec![
                point("a", Some(u64::MAX)),
                point("<b>", None),
                point("c", Some(u64::MAX / 2)),
                point("d", Some(0)),
            ],
        }
    }

    #[test]
    fn nothing_in_a_chart_is_markup() {
        for svg in [series().bars(), series().line()] {
            assert!(!svg.contains("<script>") && !svg.contains("<b>"), "{svg}");
            assert!(svg.contains("<title>&#60;script&#62;</title><desc>d</desc>"));
        }
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let svg = series().bars();
        // All the room, half of it, none.
        for width in ["width=\"320\"", "width=\"159\"", "width=\"0\""] {
            assert!(svg.contains(width), "{width} in {svg}");
        }
        // A withheld value looks like one.
        assert_eq!(svg.matches("chart-none").count(), 1);
    }

    #[test]
    fn a_line_breaks_at_what_is_withheld() {
        let svg = series().line();
        let path = svg
            .split("chart-line\" d=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert_eq!(path.matches('M').count(), 2, "{path}");
    }
}
