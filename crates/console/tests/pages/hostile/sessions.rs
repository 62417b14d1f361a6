//! Sessions that are forged, stolen, worn out or somebody else's, at nodes as they are.

use axum::http::StatusCode;

use crate::desk::{Answer, Desk};
use crate::real::{PASSWORD, Real};

const COOKIE: &str = "hefu_session";
const ANOTHER: &str = "another long sentence";

/// Somebody who has nothing but a cookie.
async fn with_cookie(real: &Real, cookie: &str) -> Answer {
    let mut desk = Desk::before(real.api.clone());
    desk.cookies.insert(COOKIE.to_owned(), cookie.to_owned());
    desk.get("/password").await
}

async fn is_nobody(real: &Real, cookie: &str, why: &str) {
    let answer = with_cookie(real, cookie).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{why}");
    assert_eq!(answer.location(), "/sign-in?next=%2Fpassword", "{why}");
    assert!(!answer.text.contains("王建国"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_what_this_node_gave_and_nothing_like_it() {
    let real = Real::start().await;
    let other = Real::start().await;
    let desk = real.desk("wang").await;
    let own = desk.cookies[COOKIE].clone();
    assert_eq!(with_cookie(&real, &own).await.status, StatusCode::OK);
    let there = other.desk("wang").await.cookies[COOKIE].clone();
    let mut turned: Vec<char> = own.chars().collect();
    turned[63] = if turned[63] == '0' { '1' } else { '0' };
    let turned: String = turned.into_iter().collect();
    for (cookie, why) in [
        (there.as_str(), "another node's, of the same account"),
        (&turned, "one digit is another"),
        (&own[..62], "cut"),
        (&format!("{own}00"), "longer"),
        (&format!("{own},{own}"), "two"),
        (&"00".repeat(32), "zeros"),
        ("wang", "the account's name"),
        ("", "none"),
        ("null", "no digits"),
    ] {
        is_nobody(&real, cookie, why).await;
    }
    assert_eq!(
        with_cookie(&real, &own).await.status,
        StatusCode::OK,
        "and it lasts"
    );
}

/// Who puts a session into somebody's browser before they sign in does not have it afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn signing_in_begins_a_session_of_its_own() {
    let real = Real::start().await;
    let strangers = real.desk("liu").await.cookies[COOKIE].clone();
    for planted in ["5e".repeat(32), strangers.clone()] {
        let mut desk = Desk::before(real.api.clone());
        desk.cookies.insert(COOKIE.to_owned(), planted.clone());
        let fields = [("account", "wang"), ("password", PASSWORD)];
        assert_eq!(desk.post("/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
        assert_ne!(desk.cookies[COOKIE], planted);
        assert!(desk.get("/password").await.text.contains("王建国"));
    }
    is_nobody(&real, &"5e".repeat(32), "what was planted is no session").await;
    let page = with_cookie(&real, &strangers).await;
    assert!(
        page.text.contains("刘洋") && !page.text.contains("王建国"),
        "and nobody else's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_out_is_out_in_that_browser_and_stays_in_in_another() {
    let real = Real::start().await;
    let mut desk = real.desk("wang").await;
    let at_home = real.desk("wang").await.cookies[COOKIE].clone();
    let kept = desk.cookies[COOKIE].clone();
    let token = desk.get("/password").await.token();
    assert_eq!(desk.submit("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    is_nobody(&real, &kept, "signed out").await;
    // A form that was open still does nothing more.
    desk.cookies.insert(COOKIE.to_owned(), kept);
    let late = desk.post("/it/accounts/liu/lock", &[("csrf", &token)]).await;
    assert_eq!(late.location(), "/sign-in");
    let _ = real.desk("liu").await;
    assert_eq!(with_cookie(&real, &at_home).await.status, StatusCode::OK);
}

/// What ends the right to be there ends every session at once, wherever it was begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_the_right_to_it() {
    let real = Real::start().await;
    let mut wang = real.desk("wang").await;
    let sun = |role: &'static str| {
        [
            ("account", "sun"),
            ("name", "孙立"),
            ("role", role),
            ("password", PASSWORD),
        ]
    };
    assert_eq!(
        wang.submit("/it/accounts", &sun("compliance")).await.status,
        StatusCode::SEE_OTHER
    );

    let reset = [("password", ANOTHER)];
    let acts: [(&str, &[(&str, &str)]); 3] = [
        ("/it/accounts/sun/lock", &[]),
        ("/it/accounts/sun/password", &reset),
        ("/it/accounts/sun/remove", &[]),
    ];
    let mut password = PASSWORD;
    for (act, fields) in acts {
        let mut begun = Vec::new();
        for _ in 0..2 {
            let mut desk = Desk::before(real.api.clone());
            let signed_in = desk
                .post("/sign-in", &[("account", "sun"), ("password", password)])
                .await;
            assert_eq!(
                signed_in.status,
                StatusCode::SEE_OTHER,
                "{act}: {}",
                signed_in.text
            );
            assert_eq!(desk.get("/compliance/todo").await.status, StatusCode::OK, "{act}");
            begun.push(desk);
        }
        assert_eq!(
            wang.submit(act, fields).await.status,
            StatusCode::SEE_OTHER,
            "{act}"
        );
        for desk in &mut begun {
            let cookie = desk.cookies[COOKIE].clone();
            is_nobody(&real, &cookie, act).await;
            let page = desk.get("/compliance/todo").await;
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{act}");
            assert!(desk.cookies.is_empty(), "{act}: what is over is taken away");
        }
        if act.ends_with("lock") {
            let unlocked = wang.submit("/it/accounts/sun/unlock", &[]).await;
            assert_eq!(unlocked.status, StatusCode::SEE_OTHER);
            is_nobody(&real, "", "unlocking begins nothing").await;
        }
        if act.ends_with("password") {
            password = ANOTHER;
        }
    }

    // The same name with another role is another's right: who signs in now has the new one.
    assert_eq!(
        wang.submit("/it/accounts", &sun("case_worker")).await.status,
        StatusCode::SEE_OTHER
    );
    let mut desk = real.desk("sun").await;
    assert_eq!(desk.get("/case/home").await.status, StatusCode::OK);
    assert_eq!(desk.get("/compliance/todo").await.status, StatusCode::FORBIDDEN);
}

/// Who changes their own password, because somebody else may know it, ends what that one began with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_what_the_old_one_began() {
    let real = Real::start().await;
    let thief = real.desk("liu").await.cookies[COOKIE].clone();
    let mut liu = real.desk("liu").await;
    let fields = [("old", PASSWORD), ("new", ANOTHER), ("again", ANOTHER)];
    let changed = liu.submit("/password", &fields).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text);
    is_nobody(&real, &thief, "begun with the old password").await;
    let mut desk = Desk::before(real.api.clone());
    let old = desk
        .post("/sign-in", &[("account", "liu"), ("password", PASSWORD)])
        .await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
}
