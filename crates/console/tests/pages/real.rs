//! The pages over a node as it is: what its interface says, pages can read, and what it refuses, they say.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{Request, StatusCode};
use hefu_casework::AgencyRole;
use hefu_curve::Pool;
use hefu_ingest::Wording;
use hefu_node::Surroundings;
use hefu_node::api::{ACTOR_HEADER, Token, Wordings};
use hefu_node::config::{Config, NodeConfig, UnlockConfig};
use hefu_node::daemon::{Daemon, create};
use hefu_node::ferry::slip::SlipPages;
use hefu_store::{Costs, Store, Vault};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::desk::{Answer, Desk, HERE};
use crate::it::multipart;

pub(crate) const PASSWORD: &str = "a long enough sentence";

/// Numbers of the unassigned province 29: two that hold, one whose check character does not, and an empty row.
const EXPORT: &str = "身份证号\n29010119500101100X\n290101195001011018\n290105194912310029\n,\n";

pub(crate) struct Real {
    folder: tempfile::TempDir,
    config: Config,
    _daemon: Daemon,
    pub(crate) api: Router,
    token: String,
}

impl Real {
    pub(crate) async fn start() -> Self {
        let accounts = [
            ("wang", "王建国", "it"),
            ("zhao", "赵敏", "compliance"),
            ("liu", "刘洋", "case_worker"),
            ("chen", "陈静", "case_worker"),
        ];
        Self::of("县民政局", AgencyRole::CivilAffairs, &accounts).await
    }

    /// An agency's node, with accounts: account, name, role.
    pub(crate) async fn of(name: &str, role: AgencyRole, accounts: &[(&str, &str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("key");
        Vault::create_key_file(&key_file).unwrap();
        let node = NodeConfig {
            name: name.to_owned(),
            role,
            address: "127.0.0.1:7600".to_owned(),
        };
        let mut config = Config::new(node, UnlockConfig::KeyFile(key_file));
        config.peers.listen = "127.0.0.1:0".parse().unwrap();
        config.operators.listen = "127.0.0.1:0".parse().unwrap();
        let at = folder.path().join("node");
        std::fs::create_dir(&at).unwrap();
        create(&config, &at, surroundings()).unwrap();
        let token = Token::read(&config.token_file(&at)).unwrap().reveal().to_owned();
        let real = Self::serving(folder, config, token).await;
        for (account, name, role) in accounts {
            let request = json!({ "account": account, "name": name, "role": role, "password": PASSWORD });
            let (added, _) = real.ask("POST", "/api/v1/accounts", Some(&request)).await;
            assert_eq!(added, StatusCode::CREATED);
        }
        real
    }

    /// Asks its interface as whoever installed it.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Vec<u8>) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, HERE)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(ACTOR_HEADER, "installer")
            .header(CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.api.clone().oneshot(request.body(body).unwrap()).await;
        let (parts, body) = answer.unwrap().into_parts();
        (parts.status, body.collect().await.unwrap().to_bytes().to_vec())
    }

    async fn serving(folder: tempfile::TempDir, config: Config, token: String) -> Self {
        let mut api = None;
        let over = |router: Router| {
            api = Some(router.clone());
            router
        };
        let at = folder.path().join("node");
        let daemon = Daemon::start(config.clone(), &at, surroundings(), wordings(), over)
            .await
            .unwrap();
        Self {
            folder,
            config,
            _daemon: daemon,
            api: api.unwrap(),
            token,
        }
    }

    /// The same node, with something changed in its store as by a round.
    pub(crate) async fn again(self, change: impl FnOnce(&Store)) -> Self {
        let Self {
            folder,
            config,
            _daemon,
            api,
            token,
        } = self;
        drop((_daemon, api));
        let at = folder.path().join("node");
        let store = Store::open(&at, &config.unlock.fetch(&at).unwrap()).unwrap();
        change(&store);
        drop(store);
        Self::serving(folder, config, token).await
    }

    /// With somebody signed in.
    pub(crate) async fn desk(&self, account: &str) -> Desk {
        let mut desk = Desk::before(self.api.clone());
        let fields = [("account", account), ("password", PASSWORD)];
        let signed_in = desk.post("/sign-in", &fields).await;
        assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
        desk
    }
}

fn surroundings() -> Surroundings {
    Surroundings {
        password_costs: Costs {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        },
        ..Surroundings::new(Pool::new(1).unwrap())
    }
}

fn wordings() -> Wordings {
    Wordings {
        quarantine: Arc::new(|| Wording {
            headings: ["文件", "工作表", "行号", "代码", "原因", "号码"].map(str::to_owned),
            reason: Box::new(str::to_owned),
        }),
        slips: Arc::new(|facts| SlipPages {
            html: facts.number(),
            text: facts.number(),
        }),
    }
}

pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text
        .split(before)
        .nth(1)
        .unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split(after).next().unwrap()
}

pub(crate) async fn upload(desk: &mut Desk) -> Answer {
    let token = desk.get("/it/imports").await.token();
    let fields = [
        ("csrf", None, token.as_str()),
        ("name", None, "minimum_living"),
        ("file", Some("低保.csv"), EXPORT),
    ];
    let sent = multipart("/it/imports", &fields);
    desk.send(sent.0, sent.1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_it_reads_what_a_node_says() {
    let real = Real::start().await;
    let mut desk = real.desk("wang").await;
    for page in [
        "/it/health",
        "/it/imports",
        "/it/datasets",
        "/it/peers",
        "/it/agreements",
        "/it/rounds",
        "/it/ferry",
        "/it/log",
        "/it/accounts",
        "/it/accounts/zhao/password",
        "/it/backup",
    ] {
        let answer = desk.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.text);
    }
    assert_eq!(desk.get("/").await.location(), "/it/health");
    let doctor = desk.submit("/it/health", &[("peer", "")]).await;
    assert_eq!(doctor.status, StatusCode::OK, "{}", doctor.text);
    assert!(doctor.text.contains("doctor_step_log"), "{}", doctor.text);
    let card = desk.get("/it/peers/card").await;
    assert!(card.text.contains("县民政局"), "{}", card.text);
    let none = desk.get(&format!("/it/agreements/{}", "00".repeat(32))).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let intact = desk.submit("/it/log", &[]).await;
    assert!(intact.text.contains("日志链完整"), "{}", intact.text);
    // Whoever signed in is on record under their own name.
    let all = desk.get("/it/log").await.text;
    assert!(all.contains("王建国") && all.contains("<code>signed_in</code>"));
    // What failed is looked through apart from what went well.
    let mut stranger = Desk::before(real.api.clone());
    let wrong = [("account", "zhao"), ("password", "不是这个密码的密码")];
    stranger.post("/sign-in", &wrong).await;
    let security = desk.get("/it/log?what=security").await.text;
    assert!(security.contains("<code>sign_in_failed</code>"), "{security}");
    assert!(!security.contains("<code>signed_in</code>"), "{security}");
    let days = desk
        .get("/it/log?what=sign_in_failed&until=2026-01-01")
        .await
        .text;
    assert!(!days.contains("<code>sign_in_failed</code>"), "{days}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_with_errors_becomes_a_snapshot_and_a_list_of_refused_rows() {
    let real = Real::start().await;
    let mut desk = real.desk("wang").await;
    let editor = upload(&mut desk).await;
    assert_eq!(editor.status, StatusCode::OK, "{}", editor.text);
    let uploads = between(&editor.text, "name=\"uploads\" value=\"", "\"").to_owned();
    assert!(editor.text.contains("身份证号"));

    let wrong = [
        ("uploads", uploads.as_str()),
        ("name", "minimum_living"),
        ("mapping", "[columns]\nnumber = 身份证号\n"),
        ("act", "preview"),
    ];
    let refused = desk.submit("/it/imports/new", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("mapping_syntax") && refused.text.contains("line 2"),
        "{}",
        refused.text
    );

    let mapping = "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\n\
        [programme]\nconstant = \"minimum_living\"\n[period]\nconstant = \"2026-07\"\n";
    let form = |act: &'static str| {
        [
            ("uploads", uploads.as_str()),
            ("name", "minimum_living"),
            ("mapping", mapping),
            ("act", act),
        ]
    };
    let tried = desk.submit("/it/imports/new", &form("preview")).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text);
    assert!(tried.text.contains("minimum_living") && tried.text.contains("2026-07"));
    for number in EXPORT.split('\n').filter(|line| line.len() == 18) {
        assert!(!tried.text.contains(number), "a number in clear");
    }
    let imported = desk.submit("/it/imports/new", &form("import")).await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.text);
    let refused = between(&imported.text, "href=\"/it/datasets/", "\"").to_owned();
    let refused = format!("/it/datasets/{refused}");
    assert!(refused.ends_with("/refused"), "{refused}");
    let rows = desk.get(&refused).await;
    assert!(
        rows.text.contains("低保.csv") && rows.text.contains("wrong_check_digit"),
        "{}",
        rows.text
    );
    let csv = desk.get(&format!("{refused}.csv")).await;
    assert!(
        csv.text.starts_with('\u{feff}') && csv.text.contains("\"低保.csv\",\"\",\"4\""),
        "{}",
        csv.text
    );
    assert!(!csv.text.contains("290105194912310029"));
    // The files are gone: the same form again is refused, and says so.
    let again = desk.submit("/it/imports/new", &form("import")).await;
    assert!(again.text.contains("api_upload_unknown"), "{}", again.text);
    let listed = desk.get("/it/datasets").await;
    assert!(listed.text.contains("minimum_living") && listed.text.contains("<td class=\"num\">2</td>"));
    let path = refused.replace("/refused", "/delete");
    assert_eq!(desk.submit(&path, &[]).await.status, StatusCode::SEE_OTHER);
    assert!(desk.get("/it/datasets").await.text.contains("还没有数据"));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_kept_from_the_pages() {
    let real = Real::start().await;
    let mut desk = real.desk("wang").await;
    let mut zhao = real.desk("zhao").await;
    assert_eq!(zhao.get("/it/health").await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        desk.submit("/it/accounts/zhao/lock", &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        zhao.get("/password").await.status,
        StatusCode::SEE_OTHER,
        "a locked account has no session"
    );
    let refused = zhao
        .post("/sign-in", &[("account", "zhao"), ("password", PASSWORD)])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("api_locked"), "{}", refused.text);
    assert_eq!(
        desk.submit("/it/accounts/zhao/unlock", &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let _ = real.desk("zhao").await;

    let short = [
        ("account", "li.na"),
        ("name", "李娜"),
        ("role", "office"),
        ("password", "short"),
    ];
    let refused = desk.submit("/it/accounts", &short).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    // Beside its field, as for one's own.
    assert!(refused.text.contains("id=\"e-password\""), "{}", refused.text);
    for (old, new, wrong) in [("not this one", PASSWORD, "e-old"), (PASSWORD, "short", "e-new")] {
        let change = [("old", old), ("new", new), ("again", new)];
        let refused = desk.submit("/password", &change).await;
        assert!(
            refused.text.contains(&format!("id=\"{wrong}\"")),
            "{}",
            refused.text
        );
    }
    let fine = [
        ("account", "li.na"),
        ("name", "李娜"),
        ("role", "office"),
        ("password", PASSWORD),
    ];
    assert_eq!(
        desk.submit("/it/accounts", &fine).await.status,
        StatusCode::SEE_OTHER
    );
    let reset = [("password", "another long sentence")];
    assert_eq!(
        desk.submit("/it/accounts/li.na/password", &reset).await.status,
        StatusCode::SEE_OTHER
    );
    let mut li = Desk::before(real.api.clone());
    let old = li
        .post("/sign-in", &[("account", "li.na"), ("password", PASSWORD)])
        .await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    let new = li
        .post(
            "/sign-in",
            &[("account", "li.na"), ("password", "another long sentence")],
        )
        .await;
    assert_eq!(new.status, StatusCode::SEE_OTHER);
    let own = [
        ("old", "wrong"),
        ("new", "a third long sentence"),
        ("again", "a third long sentence"),
    ];
    let refused = li.submit("/password", &own).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    let own = [
        ("old", "another long sentence"),
        ("new", "a third long sentence"),
        ("again", "a third long sentence"),
    ];
    assert_eq!(
        li.submit("/password", &own).await.location(),
        "/sign-in?done=shell.done_password"
    );
    assert_eq!(
        desk.submit("/it/accounts/li.na/remove", &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!desk.get("/it/accounts").await.text.contains("li.na"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_and_files_go_where_they_are_told() {
    let real = Real::start().await;
    let mut desk = real.desk("wang").await;
    let to = "copy-1";
    let made = desk.submit("/it/backup", &[("folder", to)]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let lies = real.folder.path().join("node/backups").join(to);
    assert!(made.text.contains(lies.to_str().unwrap()) && lies.is_dir());
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("copy");
    let refused = desk
        .submit("/it/backup", &[("folder", path.to_str().unwrap())])
        .await;
    assert!(refused.text.contains("api_backup_name") && !path.exists());
    let again = desk.submit("/it/backup", &[("folder", to)]).await;
    assert_ne!(
        again.status,
        StatusCode::OK,
        "one that is there is not overwritten"
    );
    let card = desk.get("/it/ferry/card").await;
    assert!(
        card.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let none = desk.submit("/it/ferry/sets", &[("form", "binary")]).await;
    assert_eq!(none.location(), "/it/ferry?done=it.done_no_set", "{}", none.text);
    let token = desk.get("/it/ferry").await.token();
    let sent = multipart(
        "/it/ferry",
        &[
            ("csrf", None, &token),
            ("file", Some("x.bin"), "no such file"),
            ("file", Some("y.bin"), "nor this"),
        ],
    );
    let refused = desk.send(sent.0, sent.1).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    // Each is looked at, and it is said which they are.
    for file in ["x.bin：", "y.bin："] {
        assert!(refused.text.contains(file), "{}", refused.text);
    }
}
