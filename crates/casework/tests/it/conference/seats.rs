//! Who has a seat and who may speak, and which texts bind whom.

use hefu_casework::conference::{Fault, Rejection};

use super::*;

fn left(seed: u8) -> Word {
    Word::Left {
        member: node(seed),
        reason: text("机构合并"),
    }
}

#[test]
fn a_conference_begins_with_its_office() {
    let mut table = Table::empty();
    table.refuses(OFFICE, enrolled(1), Fault::NotSeated);
    let Word::Founded(founding) = Table::founding() else {
        unreachable!()
    };
    let mut other = founding.clone();
    other.nonce = Hex([8; 16]);
    table.refuses(OFFICE, Word::Founded(other), Fault::Malformed);
    table.refuses(1, Word::Founded(founding.clone()), Fault::NotTheOffice);
    let mut member = founding.clone();
    member.office.role = AgencyRole::Court;
    table.refuses(OFFICE, Word::Founded(member), Fault::SeatWrong);
    let mut carded = founding;
    carded.card = card(&seat(1));
    table.refuses(OFFICE, Word::Founded(carded), Fault::SeatWrong);
    table.say(OFFICE, Table::founding()).unwrap();
    assert_eq!(table.state.office(), Some(node(OFFICE)));
    table.refuses(OFFICE, Table::founding(), Fault::SaidBefore);
}

#[test]
fn the_office_enrols_each_agency_with_its_card() {
    let mut table = Table::founded();
    table.say(OFFICE, enrolled(1)).unwrap();
    table.refuses(OFFICE, enrolled(1), Fault::SaidBefore);
    table.refuses(1, enrolled(2), Fault::NotTheOffice);
    table.refuses(4, enrolled(4), Fault::NotSeated);
    let with = |seat: Seat, card: String| Word::Enrolled(Enrolled { seat, card });
    table.refuses(OFFICE, with(seat(2), card(&seat(3))), Fault::SeatWrong);
    table.refuses(
        OFFICE,
        with(seat(2), format!("{} ", card(&seat(2)))),
        Fault::SeatWrong,
    );
    let long = card(&seat(2)).replace(
        r#""signature":"""#,
        &format!(r#""signature":"{}""#, "a".repeat(4096)),
    );
    table.refuses(OFFICE, with(seat(2), long), Fault::SeatWrong);
    table.refuses(OFFICE, enrolled(OFFICE), Fault::SeatWrong);
    let namesake = Seat {
        name: seat(1).name,
        ..seat(2)
    };
    table.refuses(OFFICE, with(namesake.clone(), card(&namesake)), Fault::SeatWrong);
    let renamed = Seat {
        name: "某县医保局".into(),
        ..seat(1)
    };
    table.refuses(OFFICE, with(renamed.clone(), card(&renamed)), Fault::SeatWrong);
    let renewed = card(&seat(1)).replace(r#""signature":"""#, r#""signature":"b""#);
    table.say(OFFICE, with(seat(1), renewed.clone())).unwrap();
    assert_eq!(table.state.seat(&node(1)).unwrap().card, renewed);
    assert_eq!(table.state.seats().count(), 1);
}

#[test]
fn an_author_numbers_its_words_and_has_read_this_record() {
    let framework = framework();
    let mut table = Table::seated();
    let word = || Word::Drafted(Box::new(framework.clone()));
    for number in [1, 3, 4, 6] {
        let entry = Entry {
            number,
            ..table.entry(OFFICE, word())
        };
        table.refuses_entry(entry, OFFICE, None, Fault::Numbering);
    }
    // The office has read all.
    let before = table.log.last().unwrap().signed.entry.seen;
    let stale = Entry {
        seen: before,
        ..table.entry(OFFICE, word())
    };
    table.refuses_entry(stale, OFFICE, None, Fault::Forked);
    table.say(OFFICE, word()).unwrap();
    let signs = |table: &Table, seen| Entry {
        seen,
        ..table.entry(1, Word::Signed(framework.digest()))
    };
    let here = table.state.head();
    for seen in [
        Head {
            seq: here.seq + 1,
            ..here
        },
        Head {
            seq: before.seq,
            ..here
        },
        Head {
            hash: Hex([1; 32]),
            ..here
        },
    ] {
        let entry = signs(&table, seen);
        table.refuses_entry(entry, 1, None, Fault::Forked);
    }
    let entry = signs(&table, before);
    table.place(entry, 1, None).unwrap();
}

/// The office shows two members two orders of the same entries. Each finds its own in order; whoever writes next, having
/// seen the one, can't be placed on the other.
#[test]
fn a_forked_record_is_found_out_by_whoever_writes_next() {
    let framework = framework();
    let mut here = Table::seated();
    here.say(OFFICE, Word::Drafted(Box::new(framework.clone())))
        .unwrap();
    let mut there = here.clone();
    let signed = Word::Signed(framework.digest());
    let (first, second) = (here.entry(1, signed.clone()), here.entry(2, signed.clone()));
    for (table, order) in [
        (&mut here, [(&first, 1), (&second, 2)]),
        (&mut there, [(&second, 2), (&first, 1)]),
    ] {
        for (entry, seed) in order {
            table.place(entry.clone(), seed, None).unwrap();
        }
    }
    assert_ne!(here.state.head(), there.state.head());
    let (of_here, of_there) = (here.entry(3, signed.clone()), there.entry(3, signed));
    there.refuses_entry(of_here, 3, None, Fault::Forked);
    here.refuses_entry(of_there, 3, None, Fault::Forked);
}

#[test]
fn each_says_what_is_its_to_say() {
    let framework = framework();
    let digest = framework.digest();
    let mut table = Table::begun(&framework);
    let announced = table.round(1).announced.clone();
    let [leg, ..] = legs(&framework);
    let of_office = [
        enrolled(4),
        Word::Drafted(Box::new(framework.clone())),
        Word::Announced(announced),
        Table::begins(1, [1, 2, 3]),
        Word::Rerun {
            round: 1,
            leg,
            reason: text("再次运行"),
        },
        Word::Closed {
            round: 1,
            end: hefu_casework::conference::RoundEnd::CalledOff,
        },
        Word::Decided {
            minutes: text("第1期"),
        },
        rejected(2, Hex([1; 32]), Fault::Malformed),
        left(2),
    ];
    for word in of_office {
        table.refuses(1, word, Fault::NotTheOffice);
    }
    let of_members = [
        Word::Signed(digest),
        Word::Refused {
            framework: digest,
            reason: text("不同意"),
        },
        table.joined(1, 1),
        Word::Declined {
            round: 1,
            reason: text("系统升级"),
        },
        table.freezes(1, 1),
        Word::Leg {
            round: 1,
            leg,
            news: LegNews::Began {},
        },
        Word::Reported { round: 1 },
        Word::Planned {},
    ];
    for word in of_members {
        table.refuses(OFFICE, word, Fault::NotAMember);
    }
}

#[test]
fn a_text_is_the_office_s_and_of_those_who_have_a_seat() {
    let mut table = Table::seated();
    let draft = |framework: Framework| Word::Drafted(Box::new(framework));
    let mut wrong = framework();
    wrong.smallest = 1;
    table.refuses(OFFICE, draft(wrong), Fault::FrameworkWrong);
    let mut other_office = framework();
    other_office.office.name = "另一办公室".into();
    table.refuses(OFFICE, draft(other_office), Fault::FrameworkWrong);
    let mut unseated = framework();
    unseated.members.push(seat(4));
    table.refuses(OFFICE, draft(unseated), Fault::FrameworkWrong);
    table.say(OFFICE, draft(framework())).unwrap();
    table.refuses(OFFICE, draft(framework()), Fault::SaidBefore);
    let amendment = |edition, amends| Framework {
        edition,
        amends: Some(amends),
        ..framework()
    };
    table.refuses(OFFICE, draft(amendment(2, Hex([1; 32]))), Fault::FrameworkUnknown);
    table.refuses(
        OFFICE,
        draft(amendment(3, framework().digest())),
        Fault::FrameworkWrong,
    );
    table
        .say(OFFICE, draft(amendment(2, framework().digest())))
        .unwrap();
}

#[test]
fn a_member_signs_or_refuses_once() {
    let digest = framework().digest();
    let mut table = Table::seated();
    let signed = Word::Signed(digest);
    let refused = Word::Refused {
        framework: digest,
        reason: text("附件2范围过宽"),
    };
    table.refuses(1, signed.clone(), Fault::FrameworkUnknown);
    table.say(OFFICE, enrolled(4)).unwrap();
    table.say(OFFICE, Word::Drafted(Box::new(framework()))).unwrap();
    // It has a seat, and the text does not name it.
    table.refuses(4, signed.clone(), Fault::FrameworkNotOpen);
    table.say(1, signed.clone()).unwrap();
    table.refuses(1, signed.clone(), Fault::SaidBefore);
    table.refuses(1, refused.clone(), Fault::FrameworkNotOpen);
    table.say(2, refused.clone()).unwrap();
    table.refuses(2, refused, Fault::SaidBefore);
    table.refuses(2, signed.clone(), Fault::FrameworkNotOpen);
    table.now = at("2027-09-30T16:00:00Z");
    // In Beijing it is the day after the last.
    table.refuses(3, signed.clone(), Fault::OutOfTime);
    table.now = at("2027-09-30T15:59:59Z");
    table.say(3, signed).unwrap();
    assert_eq!(table.state.signers(&digest, date(2026, 10, 8)), nodes([1, 3]));
    let numbered = Word::Refused {
        framework: digest,
        reason: text("与290101199003074555有关"),
    };
    table.refuses(2, numbered, Fault::SaidBefore);
}

#[test]
fn paper_bears_a_seal_once_it_is_signed() {
    let digest = framework().digest();
    let mut table = Table::signed(&framework());
    let stamped = |framework, document: &str| Word::Stamped {
        framework,
        document: text(document),
        scan: Hex([6; 32]),
    };
    table.refuses(
        1,
        stamped(Hex([1; 32]), "某民函〔2026〕8号"),
        Fault::FrameworkUnknown,
    );
    table.say(1, stamped(digest, "某民函〔2062〕8号")).unwrap();
    table.say(1, stamped(digest, "某民函〔2026〕8号")).unwrap();
    let stamp = &table.state.edition(&digest).unwrap().stamped[&node(1)];
    assert_eq!(stamp.document, text("某民函〔2026〕8号"));
    for _ in 2..8 {
        table.say(1, stamped(digest, "某民函〔2026〕8号")).unwrap();
    }
    table.refuses(1, stamped(digest, "某民函〔2026〕8号"), Fault::TooMany);
    table.say(OFFICE, stamped(digest, "某联函〔2026〕1号")).unwrap();
    let mut unsigned = Table::seated();
    unsigned
        .say(OFFICE, Word::Drafted(Box::new(framework())))
        .unwrap();
    unsigned.refuses(2, stamped(digest, "某残函〔2026〕2号"), Fault::FrameworkNotOpen);
}

#[test]
fn an_amendment_takes_the_place_of_a_text_for_whoever_signs_it() {
    let first = framework();
    let second = Framework {
        edition: 2,
        amends: Some(first.digest()),
        smallest: 6,
        ..framework()
    };
    let third = Framework {
        edition: 3,
        amends: Some(second.digest()),
        smallest: 7,
        ..framework()
    };
    let mut table = Table::signed(&first);
    let on = date(2026, 10, 20);
    for amendment in [&second, &third] {
        table
            .say(OFFICE, Word::Drafted(Box::new(amendment.clone())))
            .unwrap();
    }
    let in_force = |table: &Table| table.state.in_force(on).map(|edition| edition.digest);
    table.say(1, Word::Signed(second.digest())).unwrap();
    assert_eq!(table.state.signers(&first.digest(), on), nodes([2, 3]));
    assert_eq!(in_force(&table), Some(first.digest()));
    table.say(2, Word::Signed(third.digest())).unwrap();
    assert_eq!(table.state.signers(&first.digest(), on), nodes([3]));
    assert_eq!(in_force(&table), None);
    table.say(1, Word::Signed(third.digest())).unwrap();
    assert_eq!(table.state.signers(&second.digest(), on), []);
    assert_eq!(in_force(&table), Some(third.digest()));
    assert_eq!(
        table
            .state
            .in_force(date(2026, 9, 30))
            .map(|edition| edition.digest),
        None
    );
}

#[test]
fn whoever_leaves_is_bound_by_nothing_and_signs_anew_when_it_is_back() {
    let digest = framework().digest();
    let mut table = Table::signed(&framework());
    table.refuses(OFFICE, left(4), Fault::NotSeated);
    table.say(2, left(2)).unwrap();
    assert_eq!(table.state.signers(&digest, date(2026, 10, 8)), nodes([1, 3]));
    table.refuses(2, Word::Items {}, Fault::NotSeated);
    table.refuses(OFFICE, left(2), Fault::NotSeated);
    table.say(OFFICE, enrolled(2)).unwrap();
    assert_eq!(table.state.signers(&digest, date(2026, 10, 8)), nodes([1, 3]));
    table.say(2, Word::Signed(digest)).unwrap();
    assert_eq!(table.state.signers(&digest, date(2026, 10, 8)), nodes([1, 2, 3]));
    table.say(OFFICE, left(3)).unwrap();
    assert!(!table.state.is_seated(&node(3)));
}

#[test]
fn what_is_not_taken_is_on_record_and_uses_up_no_number() {
    let mut table = Table::seated();
    let rejected = |author, byte| rejected(author, Hex([byte; 32]), Fault::RoundUnknown);
    let number = table.state.next_number(&node(1));
    table.say(OFFICE, rejected(1, 1)).unwrap();
    assert_eq!(table.state.next_number(&node(1)), number);
    let expected = Rejection {
        author: node(1),
        entry: Hex([1; 32]),
        fault: Fault::RoundUnknown,
        at: table.now,
    };
    assert_eq!(table.state.rejected().collect::<Vec<_>>(), [&expected]);
    table.refuses(OFFICE, rejected(1, 1), Fault::SaidBefore);
    // Of a stranger the record takes nothing, so that nobody can fill it from without.
    table.refuses(OFFICE, rejected(4, 2), Fault::NotSeated);
    for byte in 2..=64 {
        table.say(OFFICE, rejected(1, byte)).unwrap();
    }
    table.refuses(OFFICE, rejected(1, 65), Fault::TooMany);
    table.say(OFFICE, rejected(2, 66)).unwrap();
    table.say(OFFICE, Word::Drafted(Box::new(framework()))).unwrap();
    table.say(1, Word::Signed(framework().digest())).unwrap();
    table.say(OFFICE, rejected(1, 65)).unwrap();
}

/// Whose entries are refused one after the other waits for the next day, and not for good: what is refused is not said again,
/// and makes room for what comes after it.
#[test]
fn what_is_refused_beyond_the_bound_is_refused_on_the_next_day() {
    let mut table = Table::seated();
    let rejected = |byte| rejected(1, Hex([byte; 32]), Fault::LineWrong);
    for byte in 1..=64 {
        table.say(OFFICE, rejected(byte)).unwrap();
    }
    table.refuses(OFFICE, rejected(65), Fault::TooMany);
    table.now += jiff::SignedDuration::from_hours(24);
    for byte in 65..=128 {
        table.say(OFFICE, rejected(byte)).unwrap();
    }
    table.refuses(OFFICE, rejected(129), Fault::TooMany);
}

#[test]
fn a_reason_has_no_document_number_in_it() {
    let mut table = Table::seated();
    table.say(OFFICE, Word::Drafted(Box::new(framework()))).unwrap();
    // Made by the rule of GB 11643 for province 29, which no region has.
    let entry = table.entry(
        1,
        Word::Refused {
            framework: framework().digest(),
            reason: text("见290101199003074555"),
        },
    );
    let placed = Placed {
        seq: table.state.head().seq + 1,
        signed: entry.sign(&key(1)).unwrap(),
    };
    assert_eq!(table.state.check(&placed.signed, None), Err(Fault::BearsNumber));
    // What counts as one is no rule of the record: programs that see more of them would derive something else.
    assert_eq!(table.state.apply(&placed, None), Ok(()));
}
