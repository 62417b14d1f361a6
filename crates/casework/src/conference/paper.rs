//! Papers of a conference for the files: the minutes of a consultation (会商纪要) and what is published of money (资金公示).
//! Their order is that of GB/T 9704-2012; no person is in them.

use jiff::civil::Date;
use zeroize::Zeroizing;

use super::ItemKind;
use crate::{
    Fen,
    letter::{Block, Letter, Row},
};

/// Stands in every paper that rests on a comparison.
const NOTICE: &str = "比对结果只是疑点，应当依法核实、告知并听取陈述申辩；不得仅凭比对结果停发或追缴。";
const FOLLOWED: &str = "各责任单位应当在期限内办结，并将结果记入工作台账；到期未办结的，列入下次会商。";
/// In the place of a figure that is not told.
pub const WITHHELD: &str = "＊";

/// What a consultation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minutes {
    /// The conference.
    pub conference: String,
    /// 纪要文号
    pub number: String,
    /// The office that held it.
    pub office: String,
    /// The day.
    pub on: Date,
    /// 出席单位
    pub attendees: Vec<String>,
    /// What was decided, in order.
    pub matters: Vec<MinutesMatter>,
}

/// What was decided on one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinutesMatter {
    /// Its number in the ledger.
    pub item: String,
    /// What it is about.
    pub kind: ItemKind,
    /// The two agencies.
    pub pair: [String; 2],
    /// What was decided.
    pub text: String,
    /// Who is to do it.
    pub by: String,
    /// Until when.
    pub due: Option<Date>,
}

impl Minutes {
    /// As a paper.
    pub fn letter(&self) -> Letter {
        let row = |label: &str, value: String| Row {
            label: label.to_owned(),
            value,
        };
        let table = |matter: &MinutesMatter| {
            Block::Table(vec![
                row("事项编号", matter.item.clone()),
                row("类别", kind(matter.kind).to_owned()),
                row("涉及单位", matter.pair.join("、")),
                row("议定事项", matter.text.clone()),
                row("责任单位", matter.by.clone()),
                row("完成期限", matter.due.map_or_else(|| "—".to_owned(), day)),
            ])
        };
        let opening = format!(
            "{}，{}召集会商，就联席会议工作台账所列{}项事项形成如下意见。各事项以台账编号表示，本纪要不涉及个人信息。",
            day(self.on),
            self.office,
            self.matters.len(),
        );
        Letter {
            name: "会商纪要",
            title: Zeroizing::new(format!("{}会商纪要", self.conference)),
            blocks: [Block::Number(self.number.clone()), Block::Paragraph(opening)]
                .into_iter()
                .chain(self.matters.iter().map(table))
                .chain([
                    Block::Paragraph(FOLLOWED.to_owned()),
                    Block::Paragraph(NOTICE.to_owned()),
                    Block::Paragraph(format!("出席：{}。", self.attendees.join("、"))),
                    Block::Signature(vec![self.office.clone(), day(self.on)]),
                ])
                .collect(),
        }
    }
}

/// What is published of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Who publishes.
    pub by: String,
    /// Of what, such as `2026年第2轮比对`.
    pub of: String,
    /// The day.
    pub on: Date,
    /// The smallest number of findings or people of which a sum is told.
    pub smallest: u64,
    /// Headings.
    pub columns: Vec<String>,
    /// What each row is of, and its sums; none where it is not told.
    pub rows: Vec<(String, Vec<Option<Fen>>)>,
}

impl Publication {
    /// As a paper.
    pub fn letter(&self) -> Letter {
        let row = |(of, sums): &(String, Vec<Option<Fen>>)| {
            let sums = sums
                .iter()
                .map(|sum| sum.map_or_else(|| WITHHELD.to_owned(), |fen| fen.to_string()));
            [of.clone()].into_iter().chain(sums).collect()
        };
        let mut grid = vec![self.columns.clone()];
        grid.extend(self.rows.iter().map(row));
        let opening = format!("现将{}涉及的资金情况公示如下（单位：元）。", self.of);
        let legend = format!(
            "未成年人、被害人以及尚未查明是否属于上述人员的，不在公示之列；涉及不足{}人（件）或者公示后可能推知个别情况的，\
             以“{WITHHELD}”表示，不作公示。",
            self.smallest,
        );
        Letter {
            name: "资金公示",
            title: Zeroizing::new("救助资金情况公示".to_owned()),
            blocks: vec![
                Block::Paragraph(opening),
                Block::Grid(grid),
                Block::Paragraph(legend),
                Block::Paragraph(NOTICE.to_owned()),
                Block::Signature(vec![self.by.clone(), day(self.on)]),
            ],
        }
    }
}

fn kind(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Finding => "疑点",
        ItemKind::Referral => "移送",
        ItemKind::Inquiry => "协查",
        ItemKind::Lead => "线索",
    }
}

/// GB/T 9704-2012 §7.3.5.4: without leading zeros.
fn day(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}
