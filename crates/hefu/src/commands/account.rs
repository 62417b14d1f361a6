//! `hefu account`: who may sign in at the node.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::path::Path;

use hefu_node::api::view::{AddAccountRequest, Clear, PasswordRequest, SignInAccountList, SignInAccountView};
use hyper::Method;
use serde_json::json;
use zeroize::Zeroizing;

use super::{headings, json as to_json, local};
use crate::args::{AccountCommand, PasswordArgs};
use crate::client::{Client, escaped};
use crate::failure::Failure;
use crate::printer::{Printer, table};
use crate::words::Lang;

/// Longer than any password may be: a wrong file is not read whole.
const MAX_LINE_BYTES: u64 = 4096;

pub(crate) async fn run(command: AccountCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        AccountCommand::Add {
            account,
            role,
            person,
            password,
        } => {
            let request = AddAccountRequest {
                account: account.clone(),
                name: person,
                role: role.code().to_owned(),
                password: read_password(&password, printer.lang())?,
            };
            client.order("/api/v1/accounts", &request).await?;
            printer.done("account_added", &[("account", account)]);
        }
        AccountCommand::List => {
            let list: SignInAccountList = client.get("/api/v1/accounts").await?;
            printer.result(&to_json(&list), |lang| text(&list, lang));
        }
        AccountCommand::Lock { account } => {
            client.order(&path(&account, "/lock"), &json!({})).await?;
            printer.done("account_locked", &[("account", account)]);
        }
        AccountCommand::Unlock { account } => {
            client.order(&path(&account, "/unlock"), &json!({})).await?;
            printer.done("account_unlocked", &[("account", account)]);
        }
        AccountCommand::Password { account, password } => {
            let request = PasswordRequest {
                password: read_password(&password, printer.lang())?,
            };
            client.order(&path(&account, "/password"), &request).await?;
            printer.done("account_password_set", &[("account", account)]);
        }
        AccountCommand::Remove { account } => {
            client.command(Method::DELETE, &path(&account, "")).await?;
            printer.done("account_removed", &[("account", account)]);
        }
    }
    Ok(())
}

fn path(account: &str, what: &str) -> String {
    format!("/api/v1/accounts/{}{what}", escaped(account))
}

/// Never from the command line itself, which other users of the machine can read.
fn read_password(args: &PasswordArgs, lang: Lang) -> Result<Clear, Failure> {
    if let Some(file) = &args.password_file {
        let open = File::open(file).map_err(|error| Failure::read(file, &error))?;
        return first_line(open).map_err(|error| Failure::read(file, &error));
    }
    let input = std::io::stdin();
    let failed = |error: std::io::Error| Failure::read(Path::new("-"), &error);
    if input.is_terminal() {
        let mut screen = std::io::stderr();
        write!(screen, "{} ", lang.word("account_password_question")).map_err(failed)?;
        screen.flush().map_err(failed)?;
    }
    first_line(input.lock()).map_err(failed)
}

/// Without its end, which is no part of it.
fn first_line(from: impl Read) -> std::io::Result<Clear> {
    let mut line = Zeroizing::new(String::with_capacity(256));
    BufReader::new(from.take(MAX_LINE_BYTES)).read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(Clear::new(std::mem::take(&mut *line)))
}

fn text(list: &SignInAccountList, lang: Lang) -> String {
    let codes = [
        "col_account",
        "col_account_person",
        "col_account_role",
        "col_state",
        "col_password_set_at",
    ];
    let row = |account: &SignInAccountView| {
        let state = match (account.locked, &account.locked_until) {
            (true, _) => lang.word("account_is_locked"),
            (false, Some(until)) => lang.say("account_is_locked_until", &[("until", local(until))]),
            (false, None) => lang.word("account_is_open"),
        };
        vec![
            account.account.clone(),
            account.name.clone(),
            lang.word(&format!("account_role_{}", account.role)),
            state,
            local(&account.password_set_at),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.accounts.iter().map(row))
        .collect();
    table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_a_line_without_its_end() {
        for (text, password) in [
            ("床前明月光\n", "床前明月光"),
            ("a b \r\nsecond", "a b "),
            ("no end", "no end"),
            ("", ""),
        ] {
            assert_eq!(first_line(text.as_bytes()).unwrap().reveal(), password);
        }
        assert!(first_line([0xff, 0xfe, b'\n'].as_slice()).is_err());
        let long = "x".repeat(9000);
        assert_eq!(first_line(long.as_bytes()).unwrap().reveal().len(), 4096);
    }
}
