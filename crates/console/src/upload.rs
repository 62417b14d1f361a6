//! Forms with a file in them. The file goes on to the interface piece by piece, so that its size costs no memory here.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, FromRequestParts as _, Multipart, Request};
use http_body_util::Channel;
use hyper::body::Frame;
use serde::de::DeserializeOwned;

use crate::api::part;
use crate::fault::{Fault, Result};
use crate::form::{TOKEN, in_time};
use crate::guard::{Who, from_our_page};
use crate::{MAX_FORM_BYTES, Shared};

/// What may come between two fields: their headers, which are read into memory whole.
const MAX_BETWEEN_BYTES: usize = 64 << 10;

/// A form with files, its token checked: the token's field is the first, or nothing else is read.
pub(crate) struct SentFiles {
    pub(crate) who: Who,
    rest: Multipart,
    between: Arc<Between>,
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
        let between = Arc::new(Between::default());
        let body = Body::new(Metered::new(body, Arc::clone(&between)));
        let request = Request::from_parts(parts, body);
        let rest = Multipart::from_request(request, console)
            .await
            .map_err(|_| Fault::Form)?;
        let mut sent = Self { who, rest, between };
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
        self.between.begin();
        let field = in_time(self.rest.next_field()).await?.map_err(|_| Fault::Form)?;
        self.between.end();
        let Some(mut field) = field else { return Ok(None) };
        let name = field.name().unwrap_or_default().to_owned();
        if let Some(file) = field.file_name().map(str::to_owned) {
            return Ok(Some(Piece::File(name, file, Box::new(field))));
        }
        Ok(Some(Piece::Text(name, text(&mut field).await?)))
    }
}

/// How many bytes have come while no field was open. Whatever reads forms keeps those until the field's headers end, and
/// would do so without an end.
#[derive(Default)]
struct Between {
    inside: AtomicBool,
    bytes: AtomicUsize,
}

impl Between {
    fn begin(&self) {
        self.bytes.store(0, Ordering::Relaxed);
        self.inside.store(false, Ordering::Relaxed);
    }

    fn end(&self) {
        self.inside.store(true, Ordering::Relaxed);
    }

    fn is_too_much(&self) -> bool {
        !self.inside.load(Ordering::Relaxed) && self.bytes.load(Ordering::Relaxed) > MAX_BETWEEN_BYTES
    }

    fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A body that is counted, and given piece by piece: each is looked at before the next is asked for.
struct Metered {
    body: Body,
    between: Arc<Between>,
    given: bool,
}

impl Metered {
    fn new(body: Body, between: Arc<Between>) -> Self {
        Self {
            body,
            between,
            given: false,
        }
    }
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if std::mem::take(&mut self.given) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.between.is_too_much() {
            return Poll::Ready(Some(Err(axum::Error::new("the headers of a field do not end"))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            self.between.count(frame.data_ref().map_or(0, Bytes::len));
            self.given = true;
        }
        Poll::Ready(frame)
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
    let answer = who.api().upload(path, Body::new(body));
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        // Before the file's end: it is too large, or nothing more of it comes. Nothing more is waited for then.
        answer = &mut answer => return answer,
        () = reading => {}
    }
    answer.await
}

/// The last part of a file's name as a browser gives it, as a query takes it.
pub(crate) fn name_part(file: &str) -> String {
    part(file.rsplit(['/', '\\']).next().unwrap_or_default())
}
