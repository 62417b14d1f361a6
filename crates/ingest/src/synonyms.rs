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
