use hefu_casework::clue::{Checked, ClueAct, ClueReason};
use hefu_casework::matter::{Act, Event};
use hefu_casework::transfer::{self, Answer, Came, LeadAct, NoticeAct, Paper};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PeriodRequest;
use super::matter_request::text;
use crate::api::error::Result;

/// An act to be recorded in a matter. Who acts is whom the header names.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatterEventRequest {
    /// The day on which it was done; today in Beijing where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
    /// What was done.
    pub act: MatterActRequest,
}

/// What can be done in a matter, by its kind.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MatterActRequest {
    /// 移送
    Transfer(TransferActRequest),
    /// 告知申请
    Notice(NoticeActRequest),
    /// 移送线索
    Lead(LeadActRequest),
    /// 内部线索
    Clue(ClueActRequest),
}

/// What can be done in a transfer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TransferActRequest {
    /// One of the three documents is on file.
    Filed {
        /// `case_facts`, `aid_given` or `recommendation`.
        #[schema(value_type = String)]
        paper: Paper,
        /// Its number.
        document: String,
    },
    /// 先行救助: emergency help came before the papers.
    HelpedFirst {
        /// What was given.
        help: String,
        /// Until when the three documents are to be on file.
        due: PeriodRequest,
    },
    /// 转请 the procuratorate of the place of application.
    PassedOn {
        /// The number of the letter.
        document: String,
        /// Until when that procuratorate is to send it.
        due: PeriodRequest,
    },
    /// 移送
    Sent {
        /// The number of the letter.
        letter: String,
        /// Until when it is to be acknowledged.
        due: PeriodRequest,
    },
    /// 签收
    Acknowledged {
        /// Until when it is to be answered.
        due: PeriodRequest,
    },
    /// 办理结果
    Answered {
        /// `{"accepted":{}}`, `{"refused":{"reason":"income"}}`, `{"already_helped":{}}` or `{"not_found":{}}`.
        #[schema(value_type = Object)]
        answer: Answer,
        /// Until when it is to feed back.
        due: PeriodRequest,
    },
    /// 反馈
    FedBack {
        /// The number of the letter.
        document: String,
        /// What came of an application that was accepted, and only of one: `{"helped":{}}` or
        /// `{"refused":{"reason":"income"}}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Object>)]
        came: Option<Came>,
        /// What was given, or why nothing.
        result: String,
        /// Until when the person is to be visited.
        due: PeriodRequest,
    },
    /// 回访
    Visited {
        /// How the person fares.
        result: String,
    },
}

/// What can come of a notice.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NoticeActRequest {
    /// 已申请
    Applied {
        /// The number of the application or of its receipt.
        document: String,
    },
    /// 未申请
    NotApplied {
        /// Why not, as far as the person says.
        reason: String,
    },
}

/// What can be done about a lead that was sent.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LeadActRequest {
    /// 签收
    Acknowledged {
        /// Until when it is to be looked into.
        due: PeriodRequest,
    },
    /// 采纳
    TakenUp {
        /// Until when it is to feed back.
        due: PeriodRequest,
    },
    /// 不予采纳
    Rejected {
        /// Why.
        reason: String,
        /// Until when it is to feed back.
        due: PeriodRequest,
    },
    /// 反馈
    FedBack {
        /// The number of the letter.
        document: String,
        /// What came of it.
        result: String,
    },
}

/// What can be done about a clue.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClueActRequest {
    /// 认领, in another's place.
    Taken {},
    /// 移交控告申诉检察部门
    HandedOver {
        /// Who is in charge there, as they name themselves in the header; up to 64 characters.
        to: String,
        /// Until when it is to be answered.
        due: PeriodRequest,
    },
    /// 受理
    Accepted {
        /// The number of its own case.
        case: String,
    },
    /// 不予受理
    Rejected {
        /// `already_helped`, `not_eligible`, `no_hardship`, `declined`, `gone` or `other`.
        #[schema(value_type = String)]
        reason: ClueReason,
        /// What was looked at, and what it showed.
        text: String,
    },
    /// 核查, of an omission.
    Checked {
        /// `{"not_eligible":{}}`, `{"informed":{"notice":"…"}}`, `{"referred":{"transfer":"…"}}`,
        /// `{"helped_elsewhere":{}}` or `{"declined":{}}`; notice and transfer by their numbers in the ledger.
        #[schema(value_type = Object)]
        result: Checked,
        /// What was looked at, and what it showed.
        text: String,
    },
    /// 重新办理, by somebody else than who closed it.
    Reopened {
        /// Why.
        reason: String,
    },
}

impl MatterEventRequest {
    /// The act, recorded now by `by`.
    pub(crate) fn event(self, by: &str, today: Date) -> Result<Event> {
        let on = self.on.unwrap_or(today);
        Ok(Event {
            at: Timestamp::now(),
            by: text(by)?,
            on,
            act: match self.act {
                MatterActRequest::Transfer(act) => Act::Transfer(act.act(on)?),
                MatterActRequest::Notice(act) => Act::Notice(act.act()?),
                MatterActRequest::Lead(act) => Act::Lead(act.act(on)?),
                MatterActRequest::Clue(act) => Act::Clue(act.act(on)?),
            },
        })
    }
}

impl TransferActRequest {
    fn act(self, on: Date) -> Result<transfer::Act> {
        use transfer::Act;
        Ok(match self {
            TransferActRequest::Filed { paper, document } => Act::Filed {
                paper,
                document: text(document)?,
            },
            TransferActRequest::HelpedFirst { help, due } => Act::HelpedFirst {
                help: text(help)?,
                papers: due.deadline(on)?,
            },
            TransferActRequest::PassedOn { document, due } => Act::PassedOn {
                document: text(document)?,
                due: due.deadline(on)?,
            },
            TransferActRequest::Sent { letter, due } => Act::Sent {
                letter: text(letter)?,
                due: due.deadline(on)?,
            },
            TransferActRequest::Acknowledged { due } => Act::Acknowledged {
                due: due.deadline(on)?,
            },
            TransferActRequest::Answered { answer, due } => Act::Answered {
                answer,
                due: due.deadline(on)?,
            },
            TransferActRequest::FedBack {
                document,
                came,
                result,
                due,
            } => Act::FedBack {
                document: text(document)?,
                came,
                result: text(result)?,
                due: due.deadline(on)?,
            },
            TransferActRequest::Visited { result } => Act::Visited {
                result: text(result)?,
            },
        })
    }
}

impl NoticeActRequest {
    fn act(self) -> Result<NoticeAct> {
        Ok(match self {
            NoticeActRequest::Applied { document } => NoticeAct::Applied {
                document: text(document)?,
            },
            NoticeActRequest::NotApplied { reason } => NoticeAct::NotApplied {
                reason: text(reason)?,
            },
        })
    }
}

impl LeadActRequest {
    fn act(self, on: Date) -> Result<LeadAct> {
        Ok(match self {
            LeadActRequest::Acknowledged { due } => LeadAct::Acknowledged {
                due: due.deadline(on)?,
            },
            LeadActRequest::TakenUp { due } => LeadAct::TakenUp {
                due: due.deadline(on)?,
            },
            LeadActRequest::Rejected { reason, due } => LeadAct::Rejected {
                reason: text(reason)?,
                due: due.deadline(on)?,
            },
            LeadActRequest::FedBack { document, result } => LeadAct::FedBack {
                document: text(document)?,
                result: text(result)?,
            },
        })
    }
}

impl ClueActRequest {
    fn act(self, on: Date) -> Result<ClueAct> {
        Ok(match self {
            ClueActRequest::Taken {} => ClueAct::Taken {},
            ClueActRequest::HandedOver { to, due } => ClueAct::HandedOver {
                to: text(to)?,
                due: due.deadline(on)?,
            },
            ClueActRequest::Accepted { case } => ClueAct::Accepted { case: text(case)? },
            ClueActRequest::Rejected { reason, text: why } => ClueAct::Rejected {
                reason,
                text: text(why)?,
            },
            ClueActRequest::Checked { result, text: why } => ClueAct::Checked {
                result,
                text: text(why)?,
            },
            ClueActRequest::Reopened { reason } => ClueAct::Reopened {
                reason: text(reason)?,
            },
        })
    }
}
