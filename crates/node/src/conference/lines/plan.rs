//! 帮扶方案: what each agency does for a referred person. The agencies involved see it, and nobody else; the office sees that
//! something was said.

use hefu_casework::conference::{MeasureState, Plan, Private, Word};
use hefu_casework::note::Item;
use hefu_casework::{Hex, Text};
use hefu_psi::wire::Abort;
use jiff::civil::Date;

use crate::agreement::policy;
use crate::{Error, Node, Result};

impl Node {
    /// The measures of all agencies for the person of this line, as far as this node may know them, and who is involved.
    ///
    /// # Errors
    /// [`Error::Missing`] where this node is not involved in any such line.
    pub fn plan(&self, conference: &Hex<32>, item: &Item) -> Result<(Vec<Plan>, Vec<Hex<32>>)> {
        let me = Hex(self.node_key());
        let (plans, involved) = self
            .with_conference_ahead(conference, |state| {
                let from = state.owner(item, &me)?;
                let told = state.plans(item, &from).iter();
                let plans: Vec<Plan> = told.map(|told| told.plan.clone()).collect();
                Some((plans, state.involved(item, &from)))
            })?
            .ok_or_else(|| missing(item))?;
        match involved.contains(&me) {
            true => Ok((plans, involved.into_iter().collect())),
            false => Err(missing(item)),
        }
    }

    /// Says what this agency does for the person of this line, to all who are involved. The same measure once more takes
    /// the place of what was said of it.
    ///
    /// # Errors
    /// As [`Node::plan`]; [`Error::Policy`] for words that have a document number in them; the record's, as for a line that
    /// is no referral's.
    pub fn add_measure(
        &self,
        conference: &Hex<32>,
        item: &Item,
        measure: Text<60>,
        on: Date,
        state: MeasureState,
        actor: &str,
    ) -> Result<()> {
        if hefu_identity::bears_number(measure.as_str()) {
            return Err(policy("plan_bears_number", Abort::Policy));
        }
        let (_, involved) = self.plan(conference, item)?;
        let referral = self.with_conference_ahead(conference, |state| {
            let from = state.owner(item, &Hex(self.node_key()))?;
            state.referral(item, &from)
        })?;
        let [from, to] = referral.ok_or_else(|| missing(item))?;
        let plan = Plan {
            item: *item,
            from,
            to,
            agency: Hex(self.node_key()),
            role: self.profile.role,
            measure,
            on,
            state,
        };
        self.say(
            conference,
            Word::Planned {},
            Some((Private::Plan(plan), involved)),
            actor,
        )?;
        Ok(())
    }

    /// Takes another member into the plan of an own line: it is told the own measures, and from now on what anybody says.
    ///
    /// # Errors
    /// As [`Node::plan`]; [`Error::Policy`] where this agency has not said a measure of its own yet, and for a line of
    /// another's; [`Error::Missing`] for who has no seat; the record's.
    pub fn invite_to_plan(
        &self,
        conference: &Hex<32>,
        item: &Item,
        agency: &Hex<32>,
        actor: &str,
    ) -> Result<()> {
        let me = Hex(self.node_key());
        let (plans, mut involved) = self.plan(conference, item)?;
        let (own_line, seated) = self.with_conference_ahead(conference, |state| {
            (state.line(item, &me).is_some(), state.is_seated(agency))
        })?;
        if !own_line {
            return Err(policy("plan_not_own", Abort::Policy));
        }
        if !seated {
            return Err(Error::Missing {
                what: "member",
                name: agency.to_string(),
            });
        }
        let own: Vec<Plan> = plans.into_iter().filter(|plan| plan.agency == me).collect();
        if own.is_empty() {
            return Err(policy("plan_empty", Abort::Policy));
        }
        involved.push(*agency);
        involved.sort_unstable();
        involved.dedup();
        for plan in own {
            let said = Some((Private::Plan(plan), involved.clone()));
            self.say(conference, Word::Planned {}, said, actor)?;
        }
        Ok(())
    }
}

fn missing(item: &Item) -> Error {
    Error::Missing {
        what: "line",
        name: item.to_string(),
    }
}
