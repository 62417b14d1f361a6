//! As much of the compound file (MS-CFB) and of XLS (MS-XLS, BIFF8) as a test needs to write.

const SECTOR: usize = 512;
const END_OF_CHAIN: u32 = 0xffff_fffe;
const FAT_SECTOR: u32 = 0xffff_fffd;
const FREE: u32 = 0xffff_ffff;

/// A compound file with these streams. Streams are padded to 4,096 bytes, below which another layout applies.
pub(crate) fn compound(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let padded: Vec<(&str, Vec<u8>)> = streams
        .iter()
        .map(|(name, bytes)| {
            let mut bytes = bytes.clone();
            bytes.resize(bytes.len().max(4096).next_multiple_of(SECTOR), 0);
            (*name, bytes)
        })
        .collect();
    let data_sectors: usize = padded.iter().map(|(_, bytes)| bytes.len() / SECTOR).sum();
    // Sectors: the FAT first, then one of the directory, then the streams.
    let fat_sectors = (data_sectors + 2).div_ceil(SECTOR / 4 - 1);
    let mut fat = vec![FAT_SECTOR; fat_sectors];
    fat.push(END_OF_CHAIN);
    let mut directory = directory_entry("Root Entry", 5, 1, END_OF_CHAIN, 0);
    let mut data = Vec::new();
    for (index, (name, bytes)) in padded.iter().enumerate() {
        let start = fat.len() as u32;
        let count = (bytes.len() / SECTOR) as u32;
        fat.extend((1..count).map(|next| start + next));
        fat.push(END_OF_CHAIN);
        let sibling = if index + 1 < padded.len() {
            index as u32 + 2
        } else {
            FREE
        };
        directory.extend(directory_entry(name, 2, sibling, start, bytes.len() as u64));
        data.extend_from_slice(bytes);
    }
    fat.resize(fat_sectors * SECTOR / 4, FREE);
    directory.resize(SECTOR, 0);

    let mut file = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    file.resize(24, 0);
    for half in [0x003eu16, 3, 0xfffe, 9, 6] {
        file.extend(half.to_le_bytes());
    }
    file.resize(44, 0);
    for word in [
        fat_sectors as u32,
        fat_sectors as u32,
        0,
        4096,
        END_OF_CHAIN,
        0,
        END_OF_CHAIN,
        0,
    ] {
        file.extend(word.to_le_bytes());
    }
    for index in 0..109 {
        let sector = if index < fat_sectors { index as u32 } else { FREE };
        file.extend(sector.to_le_bytes());
    }
    assert_eq!(file.len(), SECTOR);
    file.extend(fat.iter().flat_map(|sector| sector.to_le_bytes()));
    file.extend(directory);
    file.extend(data);
    file
}

fn directory_entry(name: &str, kind: u8, next: u32, start: u32, size: u64) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = entry.len() as u16 + 2;
    entry.resize(64, 0);
    entry.extend(length.to_le_bytes());
    entry.extend([kind, 1]);
    let (right, child) = if kind == 5 { (FREE, next) } else { (next, FREE) };
    for word in [FREE, right, child] {
        entry.extend(word.to_le_bytes());
    }
    entry.resize(116, 0);
    entry.extend(start.to_le_bytes());
    entry.extend(size.to_le_bytes());
    entry
}

pub(crate) enum Value {
    Text(String),
    Number(f64),
}

/// An XLS book of these sheets, each a list of rows of cells.
pub(crate) fn book(sheets: &[(&str, Vec<Vec<Option<Value>>>)]) -> Vec<u8> {
    let mut globals = record(0x0809, &begin(0x0005));
    let bound_sheets: Vec<Vec<u8>> = sheets
        .iter()
        .map(|(name, _)| {
            let units: Vec<u16> = name.encode_utf16().collect();
            let mut body = vec![0; 6];
            body.extend([units.len() as u8, 1]);
            body.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            record(0x0085, &body)
        })
        .collect();
    let mut at = globals.len() + bound_sheets.iter().map(Vec::len).sum::<usize>() + 4;
    let mut substreams = Vec::new();
    for ((_, rows), mut bound) in sheets.iter().zip(bound_sheets) {
        bound[4..8].copy_from_slice(&(at as u32).to_le_bytes());
        globals.extend(bound);
        let sheet = sheet(rows);
        at += sheet.len();
        substreams.extend(sheet);
    }
    globals.extend(record(0x000a, &[]));
    globals.extend(substreams);
    compound(&[("Workbook", globals)])
}

fn sheet(rows: &[Vec<Option<Value>>]) -> Vec<u8> {
    let mut sheet = record(0x0809, &begin(0x0010));
    for (row, cells) in rows.iter().enumerate() {
        for (column, value) in cells.iter().enumerate() {
            let mut body: Vec<u8> = [row as u16, column as u16, 0]
                .iter()
                .flat_map(|half| half.to_le_bytes())
                .collect();
            match value {
                None => {}
                Some(Value::Text(text)) => {
                    let units: Vec<u16> = text.encode_utf16().collect();
                    body.extend((units.len() as u16).to_le_bytes());
                    body.push(1);
                    body.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
                    sheet.extend(record(0x0204, &body));
                }
                Some(Value::Number(number)) => {
                    body.extend(number.to_le_bytes());
                    sheet.extend(record(0x0203, &body));
                }
            }
        }
    }
    sheet.extend(record(0x000a, &[]));
    sheet
}

/// A book that opens with a password only: FilePass (MS-XLS 2.4.117) stands behind the first record.
pub(crate) fn encrypted_book() -> Vec<u8> {
    let mut stream = record(0x0809, &begin(0x0005));
    stream.extend(record(0x002f, &[1, 0, 1, 0, 1, 0]));
    stream.extend(record(0x000a, &[]));
    compound(&[("Workbook", stream)])
}

fn begin(kind: u16) -> Vec<u8> {
    let mut body: Vec<u8> = [0x0600, kind, 0x0dbb, 0x07cc]
        .iter()
        .flat_map(|half: &u16| half.to_le_bytes())
        .collect();
    body.resize(16, 0);
    body
}

fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut record = kind.to_le_bytes().to_vec();
    record.extend((body.len() as u16).to_le_bytes());
    record.extend_from_slice(body);
    record
}
