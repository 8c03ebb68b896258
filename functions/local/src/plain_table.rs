//! Tables that are easy to read and to pipe through `grep`: a rule below the header and no other lines.

use comfy_table::{Cell, ContentArrangement, LineStyle, Table, TableStyle};

/// Columns of the terminal between two columns of the table.
const GAP: u16 = 2;

/// An empty table whose columns are as wide as their contents.
pub(crate) fn plain_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.iter().map(Cell::new));
    let last = header.len().saturating_sub(1);
    for column in table.column_iter_mut() {
        let gap = if column.index == last { 0 } else { GAP };
        column.set_padding((0, gap));
    }
    table
}
