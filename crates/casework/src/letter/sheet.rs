//! The facts of each kind of letter.
//!
//! What stands here is all that a letter can name of a person, and each kind says why it needs that.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::entry::{Entries, Value};
use super::fact::{
    AnswerGiven, ChineseDay, Document, Fact, List, MaskedNumber, Private, VisitManner, WholeNumber,
    WhyTransferred, Yuan,
};
use super::{Flaw, Mistake};
use crate::Error;
use crate::codes::codes;

/// A name of an office, a number of a document, a short answer.
type Line = Private<100>;
/// What takes a sentence or a few.
type Account = Private<1000>;

codes! {
    /// The kinds of letter.
    LetterKind {
        /// 移送函
        Transfer = "transfer",
        /// 社会救助建议函
        Recommendation = "recommendation",
        /// 协查函
        Inquiry = "inquiry",
        /// 签收回执
        Acknowledgement = "acknowledgement",
        /// 反馈函
        Feedback = "feedback",
        /// 告知书
        Notice = "notice",
        /// 回访记录
        Visit = "visit",
    }
}

/// A field of a file of facts.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in files of facts and in wording.
    pub name: &'static str,
    /// What to write, in Chinese.
    pub hint: &'static str,
    /// Whether it must be filled in.
    pub needed: bool,
    /// The words among which it is chosen; none where it is free.
    pub choices: &'static [&'static str],
    preset: &'static str,
}

macro_rules! sheets {
    ($($(#[$doc:meta])* $name:ident for $kind:ident { $($field:ident: $type:ty = $hint:literal,)* })*) => {
        $(
            $(#[$doc])*
            pub struct $name {
                $(#[doc = $hint] pub $field: $type,)*
            }

            impl $name {
                const FIELDS: &'static [Field] = &[$(Field {
                    name: stringify!($field),
                    hint: $hint,
                    needed: <$type as Fact>::NEEDED,
                    choices: <$type as Fact>::CHOICES,
                    preset: <$type as Fact>::PRESET,
                }),*];

                fn read(reader: &mut Reader<'_>) -> Result<Self, Mistake> {
                    Ok($name { $($field: reader.take(stringify!($field))?,)* })
                }

                fn say(&self, name: &str) -> Option<Zeroizing<String>> {
                    $(if name == stringify!($field) {
                        return Some(self.$field.say());
                    })*
                    None
                }
            }
        )*

        /// What one letter says.
        pub enum Facts {
            $(#[doc = concat!("Of a [`LetterKind::", stringify!($kind), "`].")] $kind(Box<$name>),)*
        }

        impl Facts {
            /// Of which kind of letter.
            pub fn kind(&self) -> LetterKind {
                match self {
                    $(Facts::$kind(_) => LetterKind::$kind,)*
                }
            }

            /// Reads a file of facts; `file` is its name, for messages.
            ///
            /// # Errors
            /// [`Error::Letter`] with the line and the field: one that is not known, is missing, or does not hold what
            /// it should; a number that is none of its kind of document; days that do not follow each other.
            pub fn read(kind: LetterKind, file: &str, text: &str) -> Result<Facts, Error> {
                let mut reader = Reader {
                    entries: Entries::read(file, text)?,
                    lines: vec![],
                };
                let facts = match kind {
                    $(LetterKind::$kind => Facts::$kind(Box::new($name::read(&mut reader)?)),)*
                };
                let checked = facts.check().map_err(|(field, flaw)| reader.wrong(field, flaw));
                reader.entries.finish()?;
                checked?;
                Ok(facts)
            }

            /// As the letter says the fact of this name: empty where it is not filled in, `None` where the kind has
            /// no such fact.
            pub(super) fn say(&self, name: &str) -> Option<Zeroizing<String>> {
                match self {
                    $(Facts::$kind(facts) => facts.say(name),)*
                }
            }
        }

        impl LetterKind {
            /// The fields of its file of facts, in order.
            pub fn fields(self) -> &'static [Field] {
                match self {
                    $(LetterKind::$kind => $name::FIELDS,)*
                }
            }
        }
    };
}

sheets! {
    /// 移送函: a procuratorate transfers a person to social assistance.
    ///
    /// Names the person with the whole number and, where there is one, a way to reach them: the agency has to find them
    /// and to take up their application. The facts of the case are in the documents attached, not in the letter. Who is
    /// protected is not known here: the case worker leaves out how to reach them.
    TransferLetter for Transfer {
        from: Line = "发文机关：办理案件的人民检察院",
        to: Line = "主送机关：社会救助机关；跨地区移送的，为申请地人民检察院",
        number: Line = "发文字号，如：某检救助移〔2026〕17号",
        ledger: Line = "工作台账编号",
        person_name: Line = "被移送人姓名",
        person_document: Document = "证件种类",
        person_number: WholeNumber = "证件号码（完整号码，供对方查找本人）",
        person_contact: Option<Line> = "本人或者监护人的联系方式；受保护的人、尚未查明是否受保护的人不填",
        trigger: WhyTransferred = "移送原因",
        aid: Account = "司法救助情况：已给予的种类、金额、日期；未给予的也要写明",
        agency: Option<Line> = "跨地区移送的，申请地的社会救助机关，由申请地人民检察院转送",
        helped_first: Option<Account> = "因情况紧急先行救助的，写明已给予的救助",
        papers_until: Option<ChineseDay> = "先行救助而材料未齐的，材料补送期限",
        case_facts: Option<Line> = "附件：案件情况的文号；未齐的留空",
        aid_given: Option<Line> = "附件：司法救助情况的文号；未齐的留空",
        recommendation: Option<Line> = "附件：社会救助建议的文号；未齐的留空",
        acknowledge_until: ChineseDay = "请对方签收的期限，按工作日推算",
        feedback_until: ChineseDay = "请对方反馈的期限，按工作日推算",
        date: ChineseDay = "成文日期",
        contact: Line = "本机关联系人及电话",
    }

    /// 社会救助建议函: what a procuratorate recommends for a person.
    ///
    /// Names the person, with a masked number: it goes with the letter of transfer, which has the whole one. The case
    /// and the hardship are told because a recommendation rests on them; no more of the case than that.
    Recommendation for Recommendation {
        from: Line = "发文机关",
        to: Line = "主送机关：社会救助机关",
        number: Line = "发文字号",
        ledger: Line = "工作台账编号",
        person_name: Line = "当事人姓名",
        person_document: Document = "证件种类",
        person_number: MaskedNumber = "证件号码（函中只显示首尾两位，完整号码见移送函）",
        case_facts: Account = "案件情况：只写与困难有关的",
        aid: Account = "司法救助情况：已给予的种类、金额、日期；未给予的也要写明",
        hardship: Account = "生活困难情况",
        measures: Account = "建议给予的社会救助",
        feedback_until: ChineseDay = "请对方反馈的期限，按工作日推算",
        date: ChineseDay = "成文日期",
        contact: Line = "本机关联系人及电话",
    }

    /// 协查函: the question about one finding to the other agency that pays.
    ///
    /// Names the person with the whole number: the other agency has to look up this very person and to compare the
    /// name, since two people may have one number. Two people have approved of it before it is written.
    Inquiry for Inquiry {
        from: Line = "发文机关",
        to: Line = "主送机关：请其协助核实的单位",
        number: Line = "发文字号",
        item: Line = "事项编号，双方共用",
        agreement: Line = "比对所依据的协议文号",
        approval: Line = "提供身份信息的两人审批登记号，见披露台账",
        rule: Account = "疑点涉及的规定",
        person_name: Line = "被核实人姓名",
        person_document: Document = "证件种类",
        person_number: WholeNumber = "证件号码（完整号码，供对方查找本人）",
        programme: Line = "本机关发放的救助项目",
        period: Line = "涉及的月份或者案件",
        question: Account = "请对方核实什么",
        due: ChineseDay = "请对方答复的期限，按工作日推算",
        date: ChineseDay = "成文日期",
        contact: Line = "本机关联系人及电话",
    }

    /// 签收回执: a letter has come in.
    ///
    /// Names nobody: the number of the letter and of the item say to its sender whom it is about.
    Acknowledgement for Acknowledgement {
        from: Line = "签收单位",
        to: Line = "来文单位",
        number: Option<Line> = "回执字号，没有的留空",
        letter: Line = "来文的发文字号",
        item: Line = "来文中的工作台账编号或者事项编号",
        received_on: ChineseDay = "收到日期",
        papers: List = "收到的材料，如：[\"移送函\", \"案件情况\"]",
        papers_missing: Option<Line> = "尚缺的材料，齐全的留空",
        handler: Line = "承办部门及经办人",
        due: ChineseDay = "办理期限，按工作日推算",
        date: ChineseDay = "成文日期",
        contact: Line = "本机关联系人及电话",
    }

    /// 反馈函: what came of a transfer or of an inquiry.
    ///
    /// Names nobody: the number of the letter and of the item say to its sender whom it is about.
    FeedbackLetter for Feedback {
        from: Line = "发文机关",
        to: Line = "主送机关：来文单位",
        number: Line = "发文字号",
        letter: Line = "来文的发文字号",
        item: Line = "来文中的工作台账编号或者事项编号",
        answer: AnswerGiven = "办理结果",
        reason: Option<Account> = "不予救助的，必须写明理由",
        result: Account = "办理情况：救助种类、起止时间，或者核实的经过和结论",
        amount: Option<Yuan> = "金额（元），如：3000.00",
        next: Option<Account> = "后续安排",
        date: ChineseDay = "成文日期",
        contact: Line = "本机关联系人及电话",
    }

    /// 告知书: tells a person of a finding about them that was verified, what is intended, and that they may state
    /// their case until when and where.
    ///
    /// Names the person, whose letter it is, with a masked number: enough for them to know that they are meant, and no
    /// use to whoever else opens it.
    NoticeLetter for Notice {
        from: Line = "发文机关：作出告知的单位",
        number: Line = "发文字号",
        person_name: Line = "被告知人姓名；未成年人的，加写监护人姓名",
        person_document: Document = "证件种类",
        person_number: MaskedNumber = "证件号码（告知书中只显示首尾两位）",
        purpose: Line = "比对的目的",
        compared: Account = "比对了哪些单位的哪些资料",
        period: Line = "涉及的月份或者案件",
        finding: Account = "疑点是什么",
        amount: Option<Yuan> = "待核实金额（元），如：3000.00",
        verified: Account = "人工核实的经过和结论",
        proposed: Account = "拟作出的处理",
        basis: Account = "拟作出的处理所依据的规定及条款",
        hearing_until: ChineseDay = "陈述、申辩的期限，自送达之日起推算",
        hearing_place: Account = "陈述、申辩的地点和方式",
        date: ChineseDay = "成文日期",
        contact: Line = "本机关联系人及电话",
    }

    /// 回访记录: how somebody fares who was helped.
    ///
    /// Names the person, since it goes into their file, and has no number: the file has it.
    VisitRecord for Visit {
        from: Line = "回访单位",
        item: Line = "工作台账编号",
        person_name: Line = "被回访人姓名",
        visited_on: ChineseDay = "回访日期",
        manner: VisitManner = "回访方式",
        visitors: Line = "回访人，两人以上",
        aid: Account = "救助落实情况",
        situation: Account = "目前生活情况",
        needs: Option<Account> = "新的困难和需求",
        opinion: Option<Account> = "本人意见",
        next: Option<Account> = "后续安排",
        date: ChineseDay = "记录日期",
    }
}

impl Facts {
    /// What must fit together.
    fn check(&self) -> Result<(), (&'static str, Flaw)> {
        match self {
            Facts::Transfer(facts) => {
                number("person_number", &facts.person_number, facts.person_document)?;
                follows("acknowledge_until", facts.acknowledge_until, facts.date)?;
                follows("feedback_until", facts.feedback_until, facts.acknowledge_until)?;
                papers(facts)
            }
            Facts::Recommendation(facts) => follows("feedback_until", facts.feedback_until, facts.date),
            Facts::Inquiry(facts) => {
                number("person_number", &facts.person_number, facts.person_document)?;
                follows("due", facts.due, facts.date)
            }
            Facts::Acknowledgement(facts) => {
                follows("date", facts.date, facts.received_on)?;
                follows("due", facts.due, facts.received_on)
            }
            Facts::Feedback(facts) => {
                let refused = facts.answer == AnswerGiven::Refused;
                needed("reason", !refused || facts.reason.is_some())
            }
            // The day of the letter is not counted, so a period has at least one day more.
            Facts::Notice(facts) if facts.hearing_until == facts.date => {
                Err(("hearing_until", Flaw::TooEarly))
            }
            Facts::Notice(facts) => follows("hearing_until", facts.hearing_until, facts.date),
            Facts::Visit(facts) => follows("date", facts.date, facts.visited_on),
        }
    }
}

/// The three documents go with a transfer, but where emergency help came first, and then a day is set for them.
fn papers(facts: &TransferLetter) -> Result<(), (&'static str, Flaw)> {
    if let Some(until) = facts.papers_until {
        needed("helped_first", facts.helped_first.is_some())?;
        return follows("papers_until", until, facts.date);
    }
    needed("case_facts", facts.case_facts.is_some())?;
    needed("aid_given", facts.aid_given.is_some())?;
    needed("recommendation", facts.recommendation.is_some())
}

fn number(field: &'static str, number: &WholeNumber, document: Document) -> Result<(), (&'static str, Flaw)> {
    number.check(document).map_err(|flaw| (field, flaw))
}

fn follows(field: &'static str, day: ChineseDay, earliest: ChineseDay) -> Result<(), (&'static str, Flaw)> {
    if day < earliest {
        Err((field, Flaw::TooEarly))
    } else {
        Ok(())
    }
}

fn needed(field: &'static str, there: bool) -> Result<(), (&'static str, Flaw)> {
    if there {
        Ok(())
    } else {
        Err((field, Flaw::Missing))
    }
}

/// Takes facts from a file and remembers where they stood.
struct Reader<'a> {
    entries: Entries<'a>,
    lines: Vec<(&'static str, usize)>,
}

impl Reader<'_> {
    fn take<T: Fact>(&mut self, field: &'static str) -> Result<T, Mistake> {
        let (line, value) = match self.entries.take(field) {
            Some(entry) => (entry.line, entry.value),
            None => (0, Value::Text(Zeroizing::default())),
        };
        self.lines.push((field, line));
        // Nothing filled in: an optional fact is absent, whatever its type.
        if matches!(&value, Value::Text(text) if text.trim().is_empty()) {
            return T::absent().ok_or_else(|| self.wrong(field, Flaw::Missing));
        }
        T::read(&value).map_err(|flaw| self.wrong(field, flaw))
    }

    fn wrong(&self, field: &str, flaw: Flaw) -> Mistake {
        let line = self.lines.iter().find(|(name, _)| *name == field);
        self.entries.wrong(line.map_or(0, |(_, line)| *line), field, flaw)
    }
}

impl LetterKind {
    /// Its title in Chinese.
    pub fn name(self) -> &'static str {
        match self {
            LetterKind::Transfer => "移送函",
            LetterKind::Recommendation => "社会救助建议函",
            LetterKind::Inquiry => "协查函",
            LetterKind::Acknowledgement => "签收回执",
            LetterKind::Feedback => "反馈函",
            LetterKind::Notice => "告知书",
            LetterKind::Visit => "回访记录",
        }
    }

    /// An empty file of facts, with what to write in each field.
    pub fn template(self) -> String {
        let mut text = format!(
            "# {}要素表。在引号内填写；日期写作 2026-07-01；注明“选填”的可以留空。\n\
             # 填写后本文件含有个人信息：只留在经办人处，用毕即删，不要外发，也不要放入共享文件夹。\n",
            self.name()
        );
        for field in self.fields() {
            let optional = if field.needed { "" } else { "（选填）" };
            let choices = match field.choices {
                [] => String::new(),
                choices => format!("，只能是：{}", choices.join("、")),
            };
            // Writing into a string cannot fail.
            let _ = write!(
                text,
                "\n# {}{optional}{choices}\n{} = {}\n",
                field.hint, field.name, field.preset
            );
        }
        text
    }
}
