//! Headings as agencies write them. They are proposed and shown, and decide nothing where two fit.

use hefu_identity::Kind;

use crate::row::is_invisible;

const RESIDENT: &[&str] = &[
    "身份证号",
    "身份证号码",
    "身份证",
    "身份证编号",
    "身份证件号",
    "身份证件号码",
    "身份证件编号",
    "居民身份证",
    "居民身份证号",
    "居民身份证号码",
    "居民身份证件号码",
    "公民身份号码",
    "公民身份证号",
    "公民身份证号码",
    "公民身份证",
    "身份号码",
    "证件号",
    "证件号码",
    "有效证件号",
    "有效证件号码",
    "社会保障号",
    "社会保障号码",
    "sfz",
    "sfzh",
    "sfzhm",
    "sfzjh",
    "sfzjhm",
    "gmsfhm",
    "zjhm",
    "idcard",
    "idcardno",
    "idcardnumber",
    "idno",
    "idnumber",
    "identitynumber",
];
const DISABILITY: &[&str] = &[
    "残疾人证",
    "残疾人证号",
    "残疾人证号码",
    "残疾人证编号",
    "残疾人证件号码",
    "残疾证",
    "残疾证号",
    "残疾证号码",
    "残疾证编号",
    "cjrzh",
    "cjzh",
];
const FOREIGN: &[&str] = &[
    "外国人永久居留身份证号",
    "外国人永久居留身份证号码",
    "外国人永久居留证号",
    "外国人永久居留证号码",
    "永久居留身份证号",
    "永久居留身份证号码",
    "永久居留证号",
    "永久居留证号码",
];
const HONG_KONG_MACAO: &[&str] = &[
    "港澳居民来往内地通行证号",
    "港澳居民来往内地通行证号码",
    "来往内地通行证号",
    "来往内地通行证号码",
    "港澳通行证号",
    "港澳通行证号码",
    "回乡证号",
    "回乡证号码",
];
const TAIWAN: &[&str] = &[
    "台湾居民来往大陆通行证号",
    "台湾居民来往大陆通行证号码",
    "来往大陆通行证号",
    "来往大陆通行证号码",
    "台胞证号",
    "台胞证号码",
];
const PASSPORT: &[&str] = &[
    "护照",
    "护照号",
    "护照号码",
    "passport",
    "passportno",
    "passportnumber",
];

const NUMBER: &[(Kind, &[&str])] = &[
    (Kind::Resident, RESIDENT),
    (Kind::DisabilityCertificate, DISABILITY),
    (Kind::ForeignResident, FOREIGN),
    (Kind::HongKongMacaoPermit, HONG_KONG_MACAO),
    (Kind::TaiwanPermit, TAIWAN),
    (Kind::Passport, PASSPORT),
];

/// Words in headings over the number of somebody else than the person whom the row is about.
const SOMEBODY_ELSE: &[&str] = &[
    "监护",
    "代理",
    "经办",
    "配偶",
    "联系",
    "父亲",
    "母亲",
    "领款",
    "代领",
    "委托",
    "法定",
    "负责人",
    "审核",
    "抚养",
    "赡养",
    "担保",
    "开户",
];

/// The kind of document over whose numbers such a heading stands, if it is known as it is.
pub(crate) fn number_kind_exactly(heading: &str) -> Option<Kind> {
    let full = normal(heading);
    let bare = without_note(&full);
    NUMBER
        .iter()
        .find(|(_, names)| names.contains(&&*full) || names.contains(&bare))
        .map(|(kind, _)| *kind)
}

/// The same, also if a heading only ends like a known one: 被救助人身份证号.
pub(crate) fn number_kind(heading: &str) -> Option<Kind> {
    if let Some(kind) = number_kind_exactly(heading) {
        return Some(kind);
    }
    let full = normal(heading);
    let bare = without_note(&full);
    let is_sentence = bare.chars().count() > 16 || bare.chars().any(|c| c.is_ascii_digit());
    if is_sentence || SOMEBODY_ELSE.iter().any(|word| bare.contains(word)) {
        return None;
    }
    NUMBER
        .iter()
        .flat_map(|(kind, names)| names.iter().map(move |name| (*kind, *name)))
        .filter(|(_, name)| name.chars().count() >= 4 && !name.is_ascii() && bare.ends_with(name))
        .max_by_key(|(_, name)| name.len())
        .map(|(kind, _)| kind)
}

/// A field of a mapping's `[columns]` other than the document number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Name,
    Programme,
    Period,
    From,
    To,
    Amount,
    Household,
    Case,
    Status,
}

impl Role {
    pub(crate) const ALL: &[Role] = &[
        Role::Name,
        Role::Programme,
        Role::Period,
        Role::From,
        Role::To,
        Role::Amount,
        Role::Household,
        Role::Case,
        Role::Status,
    ];

    /// Its key in the mapping.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Role::Name => "name",
            Role::Programme => "programme",
            Role::Period => "period",
            Role::From => "from",
            Role::To => "to",
            Role::Amount => "amount",
            Role::Household => "household",
            Role::Case => "case",
            Role::Status => "status",
        }
    }

    fn headings(self) -> &'static [&'static str] {
        match self {
            Role::Name => &[
                "姓名",
                "申请人",
                "申请人姓名",
                "被救助人",
                "被救助人姓名",
                "救助对象",
                "救助对象姓名",
                "被害人",
                "被害人姓名",
                "人员姓名",
                "name",
            ],
            Role::Programme => &[
                "项目",
                "救助项目",
                "项目名称",
                "补贴项目",
                "补贴类型",
                "补贴类别",
                "补贴名称",
                "救助类型",
                "救助类别",
                "救助种类",
                "待遇类型",
                "保障类型",
            ],
            Role::Period => &[
                "月份",
                "年月",
                "发放月份",
                "发放年月",
                "补贴月份",
                "所属月份",
                "所属期",
                "待遇月份",
                "发放日期",
                "发放时间",
                "支付日期",
                "救助日期",
                "救助时间",
                "拨付日期",
            ],
            Role::From => &[
                "起始日期",
                "开始日期",
                "起始时间",
                "开始时间",
                "起始月份",
                "开始月份",
                "起始年月",
                "开始年月",
                "享受起始日期",
                "享受开始日期",
                "批准日期",
                "审批日期",
                "起保日期",
                "纳入日期",
                "起发月份",
            ],
            Role::To => &[
                "终止日期",
                "结束日期",
                "截止日期",
                "终止时间",
                "结束时间",
                "截止时间",
                "终止月份",
                "结束月份",
                "截止月份",
                "终止年月",
                "结束年月",
                "停发日期",
                "停保日期",
                "退出日期",
                "止发月份",
            ],
            Role::Amount => &[
                "金额",
                "救助金额",
                "补贴金额",
                "补助金额",
                "发放金额",
                "保障金额",
                "救助金",
                "救助金额(元)",
                "月保障金额",
                "月补贴金额",
                "户月保障金额",
                "保障金",
                "补贴标准",
                "补助标准",
                "实发金额",
                "护理费",
                "月护理费",
            ],
            Role::Household => &[
                "户编号",
                "户号",
                "家庭编号",
                "家庭号",
                "低保证号",
                "低保证编号",
                "保障证号",
                "户籍编号",
                "档案编号",
            ],
            Role::Case => &[
                "案号",
                "案件编号",
                "案件号",
                "案件号码",
                "救助案号",
                "司法救助案号",
            ],
            Role::Status => &[
                "状态",
                "发放状态",
                "救助状态",
                "保障状态",
                "待遇状态",
                "享受状态",
                "人员状态",
                "在保状态",
            ],
        }
    }
}

/// Whether such a heading is known to stand over that field.
pub(crate) fn fits(role: Role, heading: &str) -> bool {
    let full = normal(heading);
    let known = role.headings();
    known.contains(&&*full) || known.contains(&without_note(&full))
}

/// A heading for comparison: half width, lower case, without white space, asterisks, underscores and final colons.
pub(crate) fn normal(heading: &str) -> String {
    let mut normal: String = heading
        .chars()
        .map(|c| match c {
            // Full-width ASCII stands at a fixed distance from ASCII.
            '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .filter(|c| !is_invisible(*c) && !matches!(c, '*' | '_' | '"' | '\''))
        .flat_map(char::to_lowercase)
        .collect();
    while normal.ends_with(':') {
        normal.pop();
    }
    normal
}

/// The heading without a note in brackets at its end: 身份证号(18位).
fn without_note(normal: &str) -> &str {
    let open = ['(', '[', '【', '〔'];
    match normal.find(open) {
        Some(at) if at > 0 && normal.ends_with([')', ']', '】', '〕']) => {
            normal.get(..at).unwrap_or(normal)
        }
        _ => normal,
    }
}
