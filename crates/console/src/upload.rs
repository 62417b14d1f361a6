//! Forms with a file in them. The file goes on to the interface piece by piece, so that its size costs no memory here.

use axum::body::{Body, Bytes};
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, FromRequestParts as _, Multipart, Request};
use http_body_util::Channel;
use serde::de::DeserializeOwned;

use crate::api::part;
use crate::fault::{Fault, Result};
use crate::form::{TOKEN, in_time};
use crate::guard::{Who, from_our_page};
use crate::{MAX_FORM_BYTES, Shared};

/// A form with files, its token checked: the token's field is the first, or nothing else is read.
pub(crate) struct SentFiles {
    pub(crate) who: Who,
    rest: Multipart,
}

/// One field.
pub(crate) enum Piece<'a> {
    /// A text.
    Text(String, String),
    /// A file that was chosen, with its name.
    File(String, String, Box<Field<'a>>),
}

impl FromRequest<Shared> for SentFiles {
    type Rejection = Fault;

    async fn from_request(request: Request, console: &Shared) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let who = Who::from_request_parts(&mut parts, console).await?;
        if !from_our_page(&parts.headers) {
            return Err(Fault::Forged);
        }
        let request = Request::from_parts(parts, body);
        let rest = Multipart::from_request(request, console)
            .await
            .map_err(|_| Fault::Form)?;
        let mut sent = Self { who, rest };
        let token = match sent.next().await? {
            Some(Piece::Text(name, token)) if name == TOKEN => token,
            _ => return Err(Fault::Forged),
        };
        match sent.who.gave(&token) {
            true => Ok(sent),
            false => Err(Fault::Forged),
        }
    }
}

impl SentFiles {
    /// The next field. A file that was not chosen is passed over.
    pub(crate) async fn next(&mut self) -> Result<Option<Piece<'_>>> {
        let field = in_time(self.rest.next_field()).await?.map_err(|_| Fault::Form)?;
        let Some(mut field) = field else { return Ok(None) };
        let name = field.name().unwrap_or_default().to_owned();
        if let Some(file) = field.file_name().map(str::to_owned) {
            return Ok(Some(Piece::File(name, file, Box::new(field))));
        }
        Ok(Some(Piece::Text(name, text(&mut field).await?)))
    }
}

/// A small file or a text, whole.
pub(crate) async fn text(field: &mut Field<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(piece) = in_time(field.chunk()).await?.map_err(|_| Fault::Form)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > MAX_FORM_BYTES {
            return Err(Fault::Form);
        }
    }
    String::from_utf8(bytes).map_err(|_| Fault::Form)
}

/// Sends a file on to the interface as it comes.
pub(crate) async fn send_on<T: DeserializeOwned>(
    who: &Who,
    path: &str,
    mut field: Box<Field<'_>>,
) -> Result<T> {
    let (mut pieces, body) = Channel::<Bytes, std::io::Error>::new(4);
    let reading = async move {
        loop {
            match field.chunk().await {
                Ok(None) => return,
                Ok(Some(piece)) => {
                    // The interface has had enough: its answer says why.
                    if pieces.send_data(piece).await.is_err() {
                        return;
                    }
                }
                // The interface itself gives up on a body that stops.
                Err(_) => return pieces.abort(std::io::Error::other("the upload broke off")),
            }
        }
    };
    let (answer, ()) = tokio::join!(who.api().upload(path, Body::new(body)), reading);
    answer
}

/// The last part of a file's name as a browser gives it, as a query takes it.
pub(crate) fn name_part(file: &str) -> String {
    part(file.rsplit(['/', '\\']).next().unwrap_or_default())
}
