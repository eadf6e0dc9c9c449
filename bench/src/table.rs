//! Tables for people, in Markdown.

/// Three significant digits.
#[must_use]
pub fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Rows of cells, the first of them the header, as Markdown with aligned columns.
///
/// ```
/// use sockeye_bench::table;
/// let rows = [["a", "b"], ["1", "22"]].map(|row| row.map(str::to_owned).to_vec());
/// assert_eq!(table::render(&rows), "| a | b  |\n|---|----|\n| 1 | 22 |\n");
/// ```
///
/// # Panics
/// If a row is shorter than the header.
#[must_use]
pub fn render(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("| {cell:width$} "));
        }
        text.push_str("|\n");
        if at == 0 {
            for width in &widths {
                text.push_str(&format!("|{}", "-".repeat(width + 2)));
            }
            text.push_str("|\n");
        }
    }
    text
}
