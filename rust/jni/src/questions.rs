//! What a server's authenticator in Java is asked, until it answers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use faspstream::{Authenticator, Question};

use crate::events::{ASKED, Doorbell};

/// The questions of one server. As many as there are clients that wait, which `max.sessions` bounds.
#[derive(Default)]
pub(crate) struct Questions {
    bell: OnceLock<Arc<Doorbell>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    /// Not given to Java yet.
    new: VecDeque<(u64, Question)>,
    /// Given to Java, which has not answered yet.
    given: HashMap<u64, Question>,
}

impl Authenticator for Questions {
    fn ask(&self, question: Question) {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        state.new.push_back((number, question));
        drop(state);
        self.ring();
    }
}

impl Questions {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on questions ring at `bell`, those that wait already too.
    pub(crate) fn ring_at(&self, bell: Arc<Doorbell>) {
        let _ = self.bell.set(bell);
        if !self.lock().new.is_empty() {
            self.ring();
        }
    }

    fn ring(&self) {
        if let Some(bell) = self.bell.get() {
            bell.ring(ASKED);
        }
    }

    /// The next question with its number, as `tell` puts it; None if there is none.
    pub(crate) fn next<T>(&self, tell: impl FnOnce(u64, &Question) -> T) -> Option<T> {
        let mut state = self.lock();
        let (number, question) = state.new.pop_front()?;
        let told = tell(number, &question);
        state.given.insert(number, question);
        Some(told)
    }

    /// Java's answer: a reason is a no. A number that is not known was answered before.
    pub(crate) fn answer(&self, number: u64, refusal: Option<&str>) {
        let question = self.lock().given.remove(&number);
        match (question, refusal) {
            (Some(question), None) => question.allow(),
            (Some(question), Some(reason)) => question.deny(reason),
            (None, _) => {}
        }
    }
}
