//! Pages that say by themselves how something goes on: a stream of events for as long as somebody is signed in. That
//! nobody has touched the page is what a session ends by, so the page's own questions are no use of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use http_body_util::Channel;
use serde_json::Value;
use tokio::time::sleep;

use crate::api::Api;
use crate::fault::Result;
use crate::guard::Who;

/// Streams of one session at a time.
const OF_ONE_SESSION: usize = 6;

/// What the script adds to an address that it loads by itself: nobody asked for that page either.
pub(crate) const RELOADED: &str = "again";

/// What a stream says next.
pub(crate) enum Told {
    /// It goes on: one line of JSON.
    Progress(Value),
    /// There is nothing more to say: the page is to be loaded anew.
    End,
}

/// Asks again and again, and tells what comes of it: events `progress`, then one `end`, also where the question fails, as it
/// does once the session has ended.
pub(crate) fn events<Asking>(
    who: Who,
    every: Duration,
    ask: impl Fn(Api) -> Asking + Send + 'static,
) -> Response
where
    Asking: Future<Output = Result<Told>> + Send + 'static,
{
    let streams = &who.visit.console.streams;
    let Some(place) = streams.one_more(&who.stream_key()) else {
        // By this a browser knows that it need not call again.
        return StatusCode::NO_CONTENT.into_response();
    };
    let (mut events, body) = Channel::<Bytes, std::io::Error>::new(4);
    tokio::spawn(async move {
        let _place = place;
        let api = who.api().watching();
        loop {
            let told = ask(api.clone()).await;
            let (event, over) = match told {
                Ok(Told::Progress(said)) => (format!("event: progress\ndata: {said}\n\n"), false),
                Ok(Told::End) | Err(_) => ("event: end\ndata: {}\n\n".to_owned(), true),
            };
            // Whoever looked has gone, most often.
            if events.send_data(event.into()).await.is_err() || over {
                return;
            }
            sleep(every).await;
        }
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::new(body)).into_response()
}

/// Whether the script asks for a page by itself.
pub(crate) fn by_itself(uri: &Uri) -> bool {
    let stream = uri.path().ends_with("/events");
    let mut pairs = uri.query().unwrap_or_default().split('&');
    stream || pairs.any(is_again)
}

/// Whether a pair of the query is the script's.
pub(crate) fn is_again(pair: &str) -> bool {
    pair.split('=').next() == Some(RELOADED)
}

/// How many streams each session has.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<String, usize>>>);

impl Streams {
    fn one_more(&self, session: &str) -> Option<Place> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(session.to_owned()).or_default();
        if *count >= OF_ONE_SESSION {
            return None;
        }
        *count += 1;
        Some(Place {
            streams: self.clone(),
            session: session.to_owned(),
        })
    }
}

/// One stream, while it is open.
struct Place {
    streams: Streams,
    session: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_some_streams_at_a_time() {
        let streams = Streams::default();
        let mut held: Vec<_> = (0..6).map(|_| streams.one_more("a").unwrap()).collect();
        assert!(streams.one_more("a").is_none());
        assert!(streams.one_more("b").is_some());
        held.pop();
        assert!(streams.one_more("a").is_some());
        drop(held);
        assert!(streams.0.lock().unwrap().is_empty());
    }

    #[test]
    fn what_nobody_asked_for_is_known() {
        let of = |text: &'static str| by_itself(&Uri::from_static(text));
        assert!(of("/it/rounds/1/events") && of("/a?x=1&again") && of("/a?again=1"));
        assert!(!of("/it/rounds/1") && !of("/a?x=again") && !of("/a?against=1"));
    }
}
