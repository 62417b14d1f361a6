//! A line on stderr that says how far a session has come, when stderr is a terminal.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};

use hefu_node::api::view::ProgressView;
use hefu_node::runner::{Progress, Step, Watcher};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::words::Lang;

/// One round on another process, asked after now and then.
pub(crate) struct RoundBar {
    lang: Lang,
    quiet: bool,
    shown: Option<(Step, ProgressBar)>,
}

impl RoundBar {
    pub(crate) fn new(lang: Lang, quiet: bool) -> Self {
        let quiet = quiet || !std::io::stderr().is_terminal();
        Self {
            lang,
            quiet,
            shown: None,
        }
    }

    pub(crate) fn show(&mut self, progress: Option<&ProgressView>) {
        let Some(progress) = progress.filter(|_| !self.quiet).and_then(known) else {
            return;
        };
        match &self.shown {
            Some((step, bar)) if *step == progress.step => bar.set_position(progress.done),
            _ => {
                self.clear();
                let bar = new_bar(self.lang, progress);
                bar.set_position(progress.done);
                self.shown = Some((progress.step, bar));
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        if let Some((_, bar)) = self.shown.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for RoundBar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A step of a later version is not drawn.
fn known(progress: &ProgressView) -> Option<Progress> {
    let step = match progress.step.as_str() {
        "blind" => Step::Blind,
        "tag" => Step::Tag,
        "evaluate" => Step::Evaluate,
        "unblind" => Step::Unblind,
        "merge" => Step::Merge,
        _ => return None,
    };
    Some(Progress {
        step,
        done: progress.done,
        total: progress.total,
    })
}

/// A watcher that draws, or one that does nothing.
pub(crate) fn watcher(lang: Lang, quiet: bool) -> Watcher {
    if quiet || !std::io::stderr().is_terminal() {
        return Arc::new(|_| ());
    }
    let bars = MultiProgress::new();
    let known: Mutex<Vec<(Step, ProgressBar)>> = Mutex::new(Vec::new());
    Arc::new(move |progress: Progress| {
        // A poisoned lock only means that another thread stopped while drawing.
        let mut known = known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bar = match known.iter().find(|(step, _)| *step == progress.step) {
            Some((_, bar)) => bar.clone(),
            None => {
                let bar = bars.add(new_bar(lang, progress));
                known.push((progress.step, bar.clone()));
                bar
            }
        };
        bar.set_position(progress.done);
        if progress.done >= progress.total {
            bar.finish_and_clear();
        }
    })
}

fn new_bar(lang: Lang, progress: Progress) -> ProgressBar {
    let bar = ProgressBar::new(progress.total);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(lang.word(match progress.step {
        Step::Blind => "step_blind",
        Step::Tag => "step_tag",
        Step::Evaluate => "step_evaluate",
        Step::Unblind => "step_unblind",
        Step::Merge => "step_merge",
    }));
    bar
}
