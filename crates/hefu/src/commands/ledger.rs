//! `hefu ledger`: what peers had this node evaluate, what is left this month, and whose number was given to whom.

use hefu_node::api::view::{
    BudgetList, BudgetView, DebitPage, DebitView, DisclosurePage, DisclosureView, UnlockRequest,
};

use super::{headings, json, local, short};
use crate::args::{LedgerArgs, LedgerCommand};
use crate::client::Client;
use crate::failure::Failure;
use crate::printer::{Printer, grouped, table};

pub(crate) async fn run(args: LedgerArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match args.command {
        Some(LedgerCommand::Unlock { reason }) => {
            client
                .order("/api/v1/ledger/unlock", &UnlockRequest { reason })
                .await?;
            printer.done("ledger_unlocked", &[]);
            Ok(())
        }
        Some(LedgerCommand::Disclosures) => disclosures(client, printer).await,
        None if args.debits => debits(client, printer).await,
        None => budgets(client, printer).await,
    }
}

async fn budgets(client: &Client, printer: &Printer) -> Result<(), Failure> {
    let list: BudgetList = client.get("/api/v1/ledger/budgets").await?;
    printer.result(&json(&list), |lang| {
        let codes = ["col_peer", "col_month", "col_limit", "col_spent", "col_left"];
        let row = |budget: &BudgetView| {
            vec![
                budget.name.clone(),
                budget.month.clone(),
                grouped(budget.limit),
                grouped(budget.spent),
                match budget.locked {
                    true => lang.word("ledger_locked"),
                    false => grouped(budget.limit.saturating_sub(budget.spent)),
                },
            ]
        };
        let rows: Vec<_> = std::iter::once(headings(lang, &codes))
            .chain(list.budgets.iter().map(row))
            .collect();
        table(&rows)
    });
    Ok(())
}

async fn debits(client: &Client, printer: &Printer) -> Result<(), Failure> {
    let mut debits: Vec<DebitView> = Vec::new();
    let mut after = 0;
    loop {
        let path = format!("/api/v1/ledger/debits?after={after}&limit=1000");
        let page: DebitPage = client.get(&path).await?;
        debits.extend(page.debits);
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    printer.result(&serde_json::json!({ "debits": debits }), |lang| {
        let codes = ["col_seq", "col_when", "col_peer", "col_purpose", "col_elements"];
        let row = |debit: &DebitView| {
            vec![
                debit.seq.to_string(),
                local(&debit.at),
                short(&debit.peer),
                lang.word(&format!("purpose_{}", debit.purpose)),
                grouped(debit.elements),
            ]
        };
        let rows: Vec<_> = std::iter::once(headings(lang, &codes))
            .chain(debits.iter().map(row))
            .collect();
        table(&rows)
    });
    Ok(())
}

async fn disclosures(client: &Client, printer: &Printer) -> Result<(), Failure> {
    let mut lines: Vec<DisclosureView> = Vec::new();
    let mut after = 0;
    loop {
        let path = format!("/api/v1/ledger/disclosures?after={after}&limit=1000");
        let page: DisclosurePage = client.get(&path).await?;
        lines.extend(page.disclosures);
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    printer.result(&serde_json::json!({ "disclosures": lines }), |lang| {
        if lines.is_empty() {
            return lang.word("ledger_no_disclosures");
        }
        let codes = [
            "col_seq",
            "col_when",
            "col_item",
            "col_peer",
            "col_agreement",
            "col_purpose",
            "col_person",
            "col_fields",
            "col_approved_by",
        ];
        let row = |line: &DisclosureView| {
            let fields = line
                .fields
                .iter()
                .map(|field| lang.word(&format!("disclosed_{field}")));
            vec![
                line.seq.to_string(),
                local(&line.at),
                short(&line.item),
                short(&line.peer),
                short(&line.agreement),
                lang.word(&format!("purpose_{}", line.purpose)),
                line.person.clone(),
                fields.collect::<Vec<_>>().join("、"),
                format!("{} {}", line.approved_by, line.released_by),
            ]
        };
        let rows: Vec<_> = std::iter::once(headings(lang, &codes))
            .chain(lines.iter().map(row))
            .collect();
        table(&rows)
    });
    Ok(())
}
