//! What is late on a day.

use jiff::civil::Date;

/// What a matter waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Awaited {
    /// The documents that are owed since emergency help came first.
    Papers,
    /// That the procuratorate of the place of application sends it on.
    Sending,
    /// 签收
    Acknowledgement,
    /// 办理结果
    Answer,
    /// 反馈
    Feedback,
    /// 回访
    Visit,
    /// Whether the person applies.
    Application,
}

impl Awaited {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Awaited::Papers => "awaited_papers",
            Awaited::Sending => "awaited_sending",
            Awaited::Acknowledgement => "awaited_acknowledgement",
            Awaited::Answer => "awaited_answer",
            Awaited::Feedback => "awaited_feedback",
            Awaited::Visit => "awaited_visit",
            Awaited::Application => "awaited_application",
        }
    }
}

/// A matter in which something may be due.
pub trait Awaiting {
    /// Its number in the ledger.
    fn number(&self) -> &str;

    /// What is due, and the last day on which it is in time.
    fn awaited(&self) -> Vec<(Awaited, Date)>;
}

/// Something that is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue<'a> {
    /// The matter's number in the ledger.
    pub number: &'a str,
    /// What did not come.
    pub awaited: Awaited,
    /// The last day on which it would have been in time.
    pub until: Date,
}

/// What is late on the day `on`, the longest awaited first. What is due on the day itself is not late.
pub fn overdue<'a>(matters: impl IntoIterator<Item = &'a dyn Awaiting>, on: Date) -> Vec<Overdue<'a>> {
    let mut late: Vec<_> = matters
        .into_iter()
        .flat_map(|matter| {
            let of = move |(awaited, until)| Overdue {
                number: matter.number(),
                awaited,
                until,
            };
            matter.awaited().into_iter().map(of)
        })
        .filter(|each| each.until < on)
        .collect();
    late.sort_by_key(|each| (each.until, each.number, each.awaited));
    late
}
