//! The parts of the package that are the same in every letter. Lengths are in twentieths of a point, sizes of type in
//! half points: 3号 is 16 pt, a character of it 320 wide; 2号 is 22 pt.

/// Each with its name in the package.
pub(super) const FIXED: [(&str, &str); 6] = [
    ("[Content_Types].xml", include_str!("parts/content_types.xml")),
    ("_rels/.rels", include_str!("parts/package.rels")),
    (
        "word/_rels/document.xml.rels",
        include_str!("parts/document.rels"),
    ),
    ("word/styles.xml", include_str!("parts/styles.xml")),
    ("word/fontTable.xml", include_str!("parts/font_table.xml")),
    ("word/footer1.xml", include_str!("parts/footer.xml")),
];

pub(super) const DOCUMENT_BEGINS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" ",
    "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><w:body>",
);

/// A4 with the margins of GB/T 9704-2012 §5.2.1: 37 mm above, 28 mm left, 26 mm right, 35 mm below; 22 lines a page.
pub(super) const DOCUMENT_ENDS: &str = concat!(
    "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId3\"/>",
    "<w:pgSz w:w=\"11906\" w:h=\"16838\"/>",
    "<w:pgMar w:top=\"2098\" w:right=\"1474\" w:bottom=\"1984\" w:left=\"1587\" w:header=\"851\" w:footer=\"1587\" ",
    "w:gutter=\"0\"/><w:docGrid w:type=\"lines\" w:linePitch=\"579\"/></w:sectPr></w:body></w:document>\n",
);

/// As wide as the text: 8845 between the margins.
pub(super) const TABLE_BEGINS: &str = concat!(
    "<w:tbl><w:tblPr><w:tblW w:w=\"8845\" w:type=\"dxa\"/><w:tblBorders>",
    "<w:top w:val=\"single\" w:sz=\"6\" w:space=\"0\" w:color=\"000000\"/>",
    "<w:left w:val=\"single\" w:sz=\"6\" w:space=\"0\" w:color=\"000000\"/>",
    "<w:bottom w:val=\"single\" w:sz=\"6\" w:space=\"0\" w:color=\"000000\"/>",
    "<w:right w:val=\"single\" w:sz=\"6\" w:space=\"0\" w:color=\"000000\"/>",
    "<w:insideH w:val=\"single\" w:sz=\"6\" w:space=\"0\" w:color=\"000000\"/>",
    "<w:insideV w:val=\"single\" w:sz=\"6\" w:space=\"0\" w:color=\"000000\"/>",
    "</w:tblBorders><w:tblLayout w:type=\"fixed\"/></w:tblPr>",
);
pub(super) const TABLE_WIDTH: usize = 8845;
pub(super) const TWO_COLUMNS: &str =
    "<w:tblGrid><w:gridCol w:w=\"2900\"/><w:gridCol w:w=\"5945\"/></w:tblGrid>";

pub(super) const LABEL_CELL: &str =
    "<w:tcPr><w:tcW w:w=\"2900\" w:type=\"dxa\"/><w:vAlign w:val=\"center\"/></w:tcPr>";
pub(super) const VALUE_CELL: &str =
    "<w:tcPr><w:tcW w:w=\"5945\" w:type=\"dxa\"/><w:vAlign w:val=\"center\"/></w:tcPr>";
