//! Who is signed in: a cookie that holds the session's secret, and a token for forms that is derived from it.

use axum::http::header::GetAll;
use axum::http::{HeaderMap, HeaderValue, header};
use ring::hmac;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::fault::{Fault, Result};

/// The cookie.
const COOKIE: &str = "hefu_session";

/// The same where the port speaks TLS: under this name a browser takes it from nobody but the node itself (RFC 6265bis,
/// section 4.1.3.2).
const TLS_COOKIE: &str = "__Host-hefu_session";

/// The header by which the interface is told of a session.
pub(crate) const HEADER: &str = "hefu-session";

const DIGITS: usize = 64;

/// What tells the tokens of forms apart from anything else that may one day be derived from a session.
const FORMS: &[u8] = b"hefu console: forms";

/// The secret of a session, 64 hexadecimal digits.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// Out of the cookie; nothing where it has none, or one that no node ever gave. Of two, nobody could say which is the
    /// node's.
    pub(crate) fn of(headers: &HeaderMap, over_tls: bool) -> Option<Self> {
        let mut cookies = cookies(headers.get_all(header::COOKIE), name(over_tls));
        match (cookies.next(), cookies.next()) {
            (Some(only), None) => Self::parse(only),
            _ => None,
        }
    }

    pub(crate) fn parse(digits: &str) -> Option<Self> {
        let whole = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        whole.then(|| Self(Zeroizing::new(digits.to_owned())))
    }

    /// As the interface takes it; marked, so that nothing on the way writes it down.
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        let mut value = HeaderValue::from_str(&self.0).map_err(|_| Fault::Broken { what: "session" })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The token that every form of this session bears.
    pub(crate) fn form_token(&self) -> String {
        let tag = hmac::sign(&self.key(), FORMS);
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a form bears this session's token; compared in constant time.
    pub(crate) fn is_form_token(&self, shown: &str) -> bool {
        let bytes: Option<Vec<u8>> = (shown.is_ascii() && shown.len() == DIGITS).then(|| {
            (0..DIGITS / 2)
                .filter_map(|at| shown.get(2 * at..2 * at + 2))
                .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
                .collect()
        });
        bytes.is_some_and(|bytes| hmac::verify(&self.key(), FORMS, &bytes).is_ok())
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes())
    }

    /// The cookie to be set. It ends with the browser; how long the session itself lives, the node decides.
    pub(crate) fn set_cookie(&self, over_tls: bool) -> Result<HeaderValue> {
        let text = Zeroizing::new(format!(
            "{}={}; {}",
            name(over_tls),
            *self.0,
            attributes(over_tls)
        ));
        let mut value = HeaderValue::from_str(&text).map_err(|_| Fault::Broken { what: "session" })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// As the interface gives it, once.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let digits = Zeroizing::new(String::deserialize(from)?);
        Self::parse(&digits).ok_or_else(|| D::Error::custom("no session"))
    }
}

/// The cookie that takes the session's away.
pub(crate) fn no_cookie(over_tls: bool) -> Result<HeaderValue> {
    let text = format!("{}=; {}; Max-Age=0", name(over_tls), attributes(over_tls));
    HeaderValue::from_str(&text).map_err(|_| Fault::Broken { what: "session" })
}

/// Whether a request bears a session's cookie, be it one or not.
pub(crate) fn has_cookie(headers: &HeaderMap, over_tls: bool) -> bool {
    cookie(headers.get_all(header::COOKIE), name(over_tls)).is_some()
}

fn name(over_tls: bool) -> &'static str {
    if over_tls { TLS_COOKIE } else { COOKIE }
}

fn attributes(over_tls: bool) -> &'static str {
    match over_tls {
        true => "Path=/; HttpOnly; SameSite=Strict; Secure",
        false => "Path=/; HttpOnly; SameSite=Strict",
    }
}

/// The value of a cookie; the first where there are several.
pub(crate) fn cookie<'a>(all: GetAll<'a, HeaderValue>, name: &'static str) -> Option<&'a str> {
    cookies(all, name).next()
}

fn cookies<'a>(all: GetAll<'a, HeaderValue>, name: &'static str) -> impl Iterator<Item = &'a str> {
    all.into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(named, _)| *named == name)
        .map(|(_, value)| value)
}

/// What a role may see and do is the interface's to say; here it chooses the menu and the home page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// 信息技术人员.
    It,
    /// 经办人.
    CaseWorker,
    /// 合规人员.
    Compliance,
    /// 联席会议办公室.
    Office,
}

impl Role {
    /// As in the interface.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::It => "it",
            Self::CaseWorker => "case_worker",
            Self::Compliance => "compliance",
            Self::Office => "office",
        }
    }

    /// All of them, as a form offers them.
    pub(crate) const ALL: [Self; 4] = [Self::It, Self::CaseWorker, Self::Compliance, Self::Office];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_token_belongs_to_one_session() {
        let one = Secret::parse(&"a1".repeat(32)).unwrap();
        let other = Secret::parse(&"a2".repeat(32)).unwrap();
        assert!(one.is_form_token(&one.form_token()));
        assert!(!one.is_form_token(&other.form_token()));
        for wrong in [
            "",
            "a1",
            &"zz".repeat(32),
            &"é".repeat(32),
            &one.form_token()[1..],
        ] {
            assert!(!one.is_form_token(wrong), "{wrong}");
        }
        // The cookie's secret is no token, and the token tells nothing of it.
        assert!(!one.is_form_token(&"a1".repeat(32)));
    }

    #[test]
    fn only_what_a_node_gives_is_a_session() {
        let of = |text: &str| Secret::of(&headers(header::COOKIE, text), false);
        let whole = "0f".repeat(32);
        assert!(of(&format!("hefu_lang=en; hefu_session={whole}")).is_some());
        for wrong in [
            format!("hefu_session={}", &whole[2..]),
            format!("hefu_session={}", "zz".repeat(32)),
            format!("xhefu_session={whole}"),
            format!("__Host-hefu_session={whole}"),
            format!("hefu_session={whole}; hefu_session={}", "0e".repeat(32)),
            format!("hefu_session={whole}; hefu_session={whole}"),
            String::new(),
        ] {
            assert!(of(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_cookie_under_tls_stays_there() {
        let secret = Secret::parse(&"0f".repeat(32)).unwrap();
        let set = |over_tls| secret.set_cookie(over_tls).unwrap().to_str().unwrap().to_owned();
        for (over_tls, begins) in [(false, "hefu_session="), (true, "__Host-hefu_session=")] {
            let set = set(over_tls);
            assert!(set.starts_with(begins) && set.contains("Path=/"), "{set}");
            assert!(
                set.contains("HttpOnly") && set.contains("SameSite=Strict"),
                "{set}"
            );
            assert_eq!(set.contains("; Secure"), over_tls);
            let again = set.split(';').next().unwrap();
            assert!(Secret::of(&headers(header::COOKIE, again), over_tls).is_some());
            assert!(Secret::of(&headers(header::COOKIE, again), !over_tls).is_none());
        }
    }
}
