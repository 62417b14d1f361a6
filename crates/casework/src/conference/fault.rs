//! Why an entry is not taken.

use crate::codes::codes;

codes! {
    /// Why the office does not take an entry, and why nobody would.
    Fault {
        /// Not in the form that entries have.
        Malformed = "conference_malformed",
        /// Its signature does not hold. Such an entry is nobody's, and goes without a word.
        Unsigned = "conference_unsigned",
        /// Its author has no seat, or has left.
        NotSeated = "conference_not_seated",
        /// Only the office may say that.
        NotTheOffice = "conference_not_the_office",
        /// Only a member may say that.
        NotAMember = "conference_not_a_member",
        /// Its author's numbering has a gap, or is used twice.
        Numbering = "conference_numbering",
        /// Its author has seen another record.
        Forked = "conference_forked",
        /// The seat is another's, or the card is not of its holder.
        SeatWrong = "conference_seat_wrong",
        /// It is about a text that is not on record.
        FrameworkUnknown = "conference_framework_unknown",
        /// The text can't be signed as it is, or not any more.
        FrameworkNotOpen = "conference_framework_not_open",
        /// It contradicts itself, or names whom it may not.
        FrameworkWrong = "conference_framework_wrong",
        /// It is about a round that is not on record.
        RoundUnknown = "conference_round_unknown",
        /// The round is not where this could be said.
        RoundElsewhere = "conference_round_elsewhere",
        /// The announcement goes beyond the framework.
        AnnouncementWrong = "conference_announcement_wrong",
        /// A member could come to more counts in the round than it can report.
        RoundTooLarge = "conference_round_too_large",
        /// Signatures are missing, surplus, or do not hold.
        ConsentWrong = "conference_consent_wrong",
        /// It is about a leg in which its author has no part.
        LegUnknown = "conference_leg_unknown",
        /// It comes too early or too late.
        OutOfTime = "conference_out_of_time",
        /// It was said before.
        SaidBefore = "conference_said_before",
        /// It is enclosed for the wrong parties, or not at all.
        EnclosedWrong = "conference_enclosed_wrong",
        /// It changes a line of the ledger that is another's, or from another state than it is in.
        LineWrong = "conference_line_wrong",
        /// Counts that are not of the round, not of its author's legs that were done, or contradict themselves.
        CountsWrong = "conference_counts_wrong",
        /// Figures that tell a count below the agreed smallest, or from which one follows, contradict themselves, or are not of
        /// the round's legs and months.
        FiguresWrong = "conference_figures_wrong",
        /// A text in which a document number could stand.
        BearsNumber = "conference_bears_number",
        /// There are too many, or it is too large.
        TooMany = "conference_beyond_bound",
    }
}
