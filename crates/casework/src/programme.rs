//! The catalogue of programmes: what each is called here, in agencies' exports, and how it pays.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::{Deserialize, Serialize};

use crate::{Error, ProgrammeCode, error::DataFile, fold::fold};

const NATIONAL: &str = include_str!("../data/programmes.toml");

/// How a programme gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Paid by the month; amounts are monthly.
    Monthly,
    /// Paid once; amounts are totals.
    OneOff,
    /// A list of people without money.
    Roll,
}

/// What a programme says of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Implied {
    /// 残疾人
    Disabled,
}

/// One programme.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Its code in mappings, rules and agreements.
    pub code: ProgrammeCode,
    /// Its short Chinese name.
    pub name: String,
    /// What exports call it besides.
    pub synonyms: Vec<String>,
    /// How it gives.
    pub nature: Nature,
    /// What it says by itself of everybody under it.
    #[serde(default)]
    pub implies: Vec<Implied>,
}

/// The programmes that mappings, rules and agreements may speak of.
#[derive(Clone, Debug)]
pub struct Catalogue {
    programmes: Vec<Programme>,
    by_name: HashMap<String, usize>,
}

impl Catalogue {
    /// The programmes of the national system, as shipped.
    pub fn national() -> Catalogue {
        Catalogue::shipped().clone()
    }

    /// The same, read once.
    pub(crate) fn shipped() -> &'static Catalogue {
        // Unwrap safety: the text is compiled in, and the test `the_national_catalogue_is_valid` parses it.
        #[allow(clippy::unwrap_used)]
        static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(NATIONAL).unwrap());
        &SHIPPED
    }

    /// Reads a catalogue in the form of `data/programmes.toml`.
    ///
    /// # Errors
    /// [`Error::Data`] where it is not such a file; [`Error::Programme`] where a code or a name stands for two
    /// programmes, or a name is empty.
    pub fn parse(toml: &str) -> Result<Catalogue, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            programme: Vec<Programme>,
        }
        let programmes = toml::from_str::<File>(toml)
            .map_err(|e| Error::data(DataFile::Programmes, toml, &e))?
            .programme;
        let mut codes = HashSet::new();
        let mut by_name = HashMap::new();
        for (i, programme) in programmes.iter().enumerate() {
            let wrong = |field| Error::Programme {
                programme: programme.code.clone(),
                field,
            };
            if !codes.insert(&programme.code) {
                return Err(wrong("code"));
            }
            let names = [("code", programme.code.as_str()), ("name", &programme.name)];
            for (field, name) in names
                .into_iter()
                .chain(programme.synonyms.iter().map(|s| ("synonyms", s.as_str())))
            {
                let folded = fold(name);
                if folded.is_empty() || by_name.insert(folded, i).is_some() {
                    return Err(wrong(field));
                }
            }
        }
        Ok(Catalogue { programmes, by_name })
    }

    /// All of them, in the order of the file.
    pub fn programmes(&self) -> &[Programme] {
        &self.programmes
    }

    /// The programme of this code.
    pub fn get(&self, code: &ProgrammeCode) -> Option<&Programme> {
        self.programmes.iter().find(|programme| programme.code == *code)
    }

    /// The programme that an export calls so: its code, its name or a synonym, whole. Width, brackets, white space
    /// and letter case do not matter. Never a guess from a part of the name.
    pub fn find(&self, written: &str) -> Option<&Programme> {
        self.programmes.get(*self.by_name.get(&fold(written))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_national_catalogue_is_valid() {
        Catalogue::parse(NATIONAL).unwrap();
    }

    #[test]
    fn a_programme_is_found_under_its_names() {
        let catalogue = Catalogue::national();
        for (written, code) in [
            ("低保", "minimum_living"),
            (" 农村 低保 ", "minimum_living"),
            ("五保供养", "extreme_poverty"),
            ("困难残疾人生活补贴", "disabled_living"),
            ("重度残疾人护理补贴", "disabled_care"),
            ("国家司法救助(法院)", "judicial_court"),
            ("judicial_court", "judicial_court"),
        ] {
            assert_eq!(catalogue.find(written).unwrap().code.as_str(), code, "{written}");
        }
        for written in ["", "补贴", "低保户主", "残疾人两项补贴", "低保、特困"] {
            assert!(catalogue.find(written).is_none(), "{written}");
        }
    }

    /// 国发〔2015〕52号 pays both subsidies to holders of disability certificates, and the federation's roll lists them.
    /// Who is disabled on duty or at work holds no such certificate by that alone, but is disabled (工伤保险条例 art. 34:
    /// care is paid to 工伤职工 whose 伤残 has a grade).
    #[test]
    fn what_a_programme_says_of_people_is_that_they_are_disabled() {
        let catalogue = Catalogue::national();
        let implied: Vec<_> = catalogue
            .programmes()
            .iter()
            .filter(|programme| programme.implies.contains(&Implied::Disabled))
            .map(|programme| programme.code.as_str())
            .collect();
        assert_eq!(
            implied,
            [
                "disabled_living",
                "disabled_care",
                "injury_care",
                "duty_disability_living",
                "duty_disability_care",
                "disability_holder"
            ]
        );
    }

    #[test]
    fn a_catalogue_that_is_wrong_says_where() {
        let entry = |code: &str, name: &str, synonyms: &str| {
            format!(
                "[[programme]]\ncode = \"{code}\"\nname = \"{name}\"\nsynonyms = [{synonyms}]\nnature = \"monthly\"\n"
            )
        };
        for (text, field) in [
            (entry("a", "甲", "") + &entry("a", "乙", ""), "code"),
            (entry("a", "甲", "") + &entry("b", "甲", ""), "name"),
            (
                entry("a", "甲", "\"丙\"") + &entry("b", "乙", "\"丙 \""),
                "synonyms",
            ),
            (entry("a", " ", ""), "name"),
        ] {
            match Catalogue::parse(&text).unwrap_err() {
                Error::Programme { field: found, .. } => assert_eq!(found, field),
                other => panic!("{other}"),
            }
        }
        let unknown = entry("a", "甲", "") + "colour = 1\n";
        assert!(matches!(
            Catalogue::parse(&unknown).unwrap_err(),
            Error::Data { line: 6, .. }
        ));
    }
}
