//! What can stand in a file of facts: each kind of value, read from what a case worker wrote and said as a letter
//! says it.

use hefu_identity::{Kind, mask_raw, parse};
use jiff::civil::Date;
use zeroize::Zeroizing;

use super::Flaw;
use super::entry::Value;
use crate::{Fen, text};

/// A value of a file of facts.
pub(super) trait Fact: Sized {
    /// Whether it must be filled in.
    const NEEDED: bool = true;
    /// What it is before anybody fills it in.
    const PRESET: &'static str = "\"\"";
    /// The words among which it is chosen; none where it is free.
    const CHOICES: &'static [&'static str] = &[];

    /// What it is where nothing is filled in; `None` where something must be.
    fn absent() -> Option<Self> {
        None
    }

    /// `value` is a list, or a text that is not blank.
    fn read(value: &Value) -> Result<Self, Flaw>;

    /// As the letter says it.
    fn say(&self) -> Zeroizing<String>;
}

/// A text of 1 to `MAX` characters that may speak of a person: wiped when dropped, without `Debug`. A full stop at
/// its end is left to the wording.
pub struct Private<const MAX: usize>(Zeroizing<String>);

/// A day, said as in 2026年7月1日 (GB/T 9704-2012 §7.3.5.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChineseDay(pub Date);

/// An amount, written in yuan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Yuan(pub Fen);

/// The whole number of a document, for letters whose reader has to find the person. Whether it is one is checked
/// together with its [`Document`].
pub struct WholeNumber(Zeroizing<String>);

/// A number of which only the mask was kept.
pub struct MaskedNumber(String);

/// Several short texts.
pub struct List(Vec<Private<100>>);

const MAX_LISTED: usize = 20;

impl<T: Fact> Fact for Option<T> {
    const NEEDED: bool = false;
    const PRESET: &'static str = T::PRESET;
    const CHOICES: &'static [&'static str] = T::CHOICES;

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn read(value: &Value) -> Result<Self, Flaw> {
        T::read(value).map(Some)
    }

    fn say(&self) -> Zeroizing<String> {
        self.as_ref().map_or_else(Zeroizing::default, T::say)
    }
}

fn text_of(value: &Value) -> Result<&str, Flaw> {
    match value {
        Value::Text(text) => Ok(text.trim()),
        Value::List(_) | Value::Other => Err(Flaw::Shape),
    }
}

impl<const MAX: usize> Private<MAX> {
    /// # Errors
    /// [`Flaw::Text`] where it is blank, too long, or holds characters that would not be seen.
    pub fn new(written: &str) -> Result<Self, Flaw> {
        let written = written.trim().trim_end_matches('。');
        text::check(written, MAX).map_err(Flaw::Text)?;
        Ok(Private(Zeroizing::new(written.to_owned())))
    }
}

impl<const MAX: usize> Fact for Private<MAX> {
    fn read(value: &Value) -> Result<Self, Flaw> {
        Private::new(text_of(value)?)
    }

    fn say(&self) -> Zeroizing<String> {
        self.0.clone()
    }
}

impl Fact for ChineseDay {
    fn read(value: &Value) -> Result<Self, Flaw> {
        let written = text_of(value)?;
        let day: Date = written.parse().map_err(|_| Flaw::Day)?;
        // Other spellings of ISO 8601 are read by the same parser, and a time of day with them.
        if day.to_string() == written {
            Ok(ChineseDay(day))
        } else {
            Err(Flaw::Day)
        }
    }

    fn say(&self) -> Zeroizing<String> {
        let Self(day) = self;
        Zeroizing::new(format!("{}年{}月{}日", day.year(), day.month(), day.day()))
    }
}

impl Fact for Yuan {
    fn read(value: &Value) -> Result<Self, Flaw> {
        let written = text_of(value)?;
        let (yuan, fen) = written.split_once('.').unwrap_or((written, "00"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        // A trillion yuan is more than any letter is about.
        if !digits(yuan) || !digits(fen) || yuan.len() > 12 || fen.len() != 2 {
            return Err(Flaw::Yuan);
        }
        let fen = Zeroizing::new([yuan, fen].concat());
        fen.parse().map(|fen| Yuan(Fen(fen))).map_err(|_| Flaw::Yuan)
    }

    fn say(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string())
    }
}

impl WholeNumber {
    /// Whether it is a number of this kind of document.
    pub(super) fn check(&self, document: Document) -> Result<(), Flaw> {
        parse(document.kind(), &self.0).map(|_| ()).map_err(Flaw::Number)
    }
}

impl Fact for WholeNumber {
    fn read(value: &Value) -> Result<Self, Flaw> {
        Private::<40>::read(value).map(|number| WholeNumber(number.0))
    }

    fn say(&self) -> Zeroizing<String> {
        self.0.clone()
    }
}

impl Fact for MaskedNumber {
    fn read(value: &Value) -> Result<Self, Flaw> {
        Private::<40>::read(value).map(|number| MaskedNumber(mask_raw(&number.0)))
    }

    fn say(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.clone())
    }
}

impl Fact for List {
    const PRESET: &'static str = "[\"\"]";

    fn read(value: &Value) -> Result<Self, Flaw> {
        let Value::List(items) = value else {
            return Err(Flaw::Shape);
        };
        if items.len() > MAX_LISTED {
            return Err(Flaw::Text(crate::Wrong::TooLong));
        }
        let items: Result<Vec<_>, _> = items.iter().map(|(_, item)| Private::read(item)).collect();
        match items {
            Ok(items) if items.is_empty() => Err(Flaw::Missing),
            items => items.map(List),
        }
    }

    fn say(&self) -> Zeroizing<String> {
        let items: Vec<&str> = self.0.iter().map(|item| item.0.as_str()).collect();
        Zeroizing::new(items.join("；"))
    }
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident preset $preset:literal { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $word] $variant,)*
        }

        impl Fact for $name {
            const PRESET: &'static str = $preset;
            const CHOICES: &'static [&'static str] = &[$($word),*];

            fn read(value: &Value) -> Result<Self, Flaw> {
                match text_of(value)? {
                    $($word => Ok($name::$variant),)*
                    _ => Err(Flaw::Choice),
                }
            }

            fn say(&self) -> Zeroizing<String> {
                let word = match self {
                    $($name::$variant => $word,)*
                };
                Zeroizing::new(word.to_owned())
            }
        }
    };
}

choices!(
    /// The kind of document whose number is given.
    Document preset "\"居民身份证\"" {
        Resident = "居民身份证",
        DisabilityCertificate = "残疾人证",
        ForeignResident = "外国人永久居留身份证",
        HongKongMacaoPermit = "港澳居民来往内地通行证",
        TaiwanPermit = "台湾居民来往大陆通行证",
        Passport = "护照",
    }
);

impl Document {
    fn kind(self) -> Kind {
        match self {
            Document::Resident => Kind::Resident,
            Document::DisabilityCertificate => Kind::DisabilityCertificate,
            Document::ForeignResident => Kind::ForeignResident,
            Document::HongKongMacaoPermit => Kind::HongKongMacaoPermit,
            Document::TaiwanPermit => Kind::TaiwanPermit,
            Document::Passport => Kind::Passport,
        }
    }
}

choices!(
    /// Why somebody is transferred, as in [`crate::transfer::Trigger`].
    WhyTransferred preset "\"\"" {
        NotEligible = "不符合司法救助条件",
        StillPoor = "司法救助后仍有困难",
    }
);

choices!(
    /// What came of a referral or an inquiry.
    AnswerGiven preset "\"\"" {
        Accepted = "已受理",
        Helped = "已救助",
        Refused = "不予救助",
        AlreadyHelped = "已在享受",
        NotFound = "查无此人",
        Verified = "已核实",
        CannotVerify = "无法查清",
    }
);

choices!(
    /// How somebody was visited.
    VisitManner preset "\"\"" {
        AtHome = "入户",
        ByTelephone = "电话",
        AtTheOffice = "来访",
        ByOthers = "委托当地单位",
    }
);
