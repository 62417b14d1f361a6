//! The language of the pages: Chinese, unless somebody asked for English.

use axum::http::{HeaderMap, Uri, header};

use crate::session::cookie;

/// The cookie that keeps the choice.
pub(crate) const COOKIE: &str = "hefu_lang";

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// 中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// As the query says, else as the cookie does. What the browser prefers does not count: the machines of an office
    /// are often set up in English, and its people read Chinese.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        Self::asked(uri)
            .or_else(|| cookie(headers.get_all(header::COOKIE), COOKIE).and_then(Self::parse))
            .unwrap_or_default()
    }

    /// What `?lang=` asks for, to be kept.
    pub(crate) fn asked(uri: &Uri) -> Option<Self> {
        let mut pairs = uri.query().unwrap_or_default().split('&');
        pairs
            .find_map(|pair| pair.strip_prefix("lang="))
            .and_then(Self::parse)
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// As in the query.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// As in HTML's `lang` attribute.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// The address of the same page in the other language.
    pub(crate) fn switch(self, here: &str) -> String {
        let between = if here.contains('?') { '&' } else { '?' };
        format!("{here}{between}lang={}", self.other().short())
    }
}
