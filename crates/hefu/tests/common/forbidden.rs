//! Words that nobody may read of a person whom a comparison has found: it gives reasons to look, and no results. Where
//! the keys of two sides could not meet, nothing is said that could pass for "there is nothing".

/// What may not stand, and what stands instead.
const FORBIDDEN: [(&str, &str); 21] = [
    ("重复", "疑似重复"),
    ("风险金额", "待核实金额"),
    ("风险人员", "疑点"),
    ("救助遗漏", "未见对应记录"),
    ("遗漏人员", "未见对应记录"),
    ("漏救", "未见对应记录"),
    ("命中", "疑点"),
    ("未发现", "无法查找；没有列出疑点"),
    ("没有发现", "无法查找；没有列出疑点"),
    ("0 条", "无法查找；没有列出疑点"),
    ("0条", "无法查找；没有列出疑点"),
    ("0 found", "cannot find"),
    ("nothing found", "cannot find"),
    ("nothing was found", "cannot find"),
    ("no duplicates", "cannot find; nothing to verify"),
    ("risk amount", "to be verified"),
    ("amount at risk", "to be verified"),
    ("duplicate payment", "suspected duplicate"),
    ("missed people", "no counterpart"),
    ("offender", "the person"),
    ("fraud", "finding"),
];

/// Where one of them stands by right, each with the reason.
pub(crate) const ALLOWED: [(&str, &str); 10] = [
    ("疑似重复", "the finding's own name"),
    (
        "重复救助 `duplicates`",
        "the legal name of a purpose names the question",
    ),
    ("所以重复救助一般用规则比对", "likewise"),
    ("救助遗漏 `omissions`", "likewise"),
    (
        "不得重复申请",
        "words of a rule: what is forbidden, and nobody who has done it",
    ),
    ("以同一事由重复申请", "likewise"),
    ("不作为重复", "words of a rule: what is lawful"),
    ("文件先后、重复、迟到", "of files on their way"),
    ("不会重复，也不会丢失", "of files on their way"),
    ("never \"0 found\"", "says that it is not said"),
];

/// The forbidden words of a text, each with what should stand in its place.
pub(crate) fn forbidden_in(text: &str) -> Vec<(&'static str, &'static str)> {
    let mut left = text.to_lowercase();
    for (allowed, _) in ALLOWED {
        left = left.replace(allowed, " ");
    }
    let stands = |word: &str| {
        let mut places = left.match_indices(word);
        // 10 条 is not 0 条.
        let of_a_number = |at: usize| {
            word.starts_with('0')
                && left[..at].ends_with(|before: char| before.is_ascii_digit() || before == ',')
        };
        places.any(|(at, _)| !of_a_number(at))
    };
    FORBIDDEN.into_iter().filter(|(word, _)| stands(word)).collect()
}
