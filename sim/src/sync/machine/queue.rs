//! Who sleeps on what, and in which order.
//!
//! Each thread has one word: 0 while it is awake; else its place in the queue from 1, in bits 0 to
//! 3, what it sleeps on in bits 4 to 11, and for a futex the element plus one from bit 12 on.
//! Bit 30 marks a thread that has signalled and waits to get the mutex back, as in Hoare's
//! monitors. The place is needed, since queues are first come first served.

use super::code::Program;
use super::state::State;

const PLACE: i32 = 15;
const URGENT: i32 = 1 << 30;

/// What a thread sleeps on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bed(i32);

impl Bed {
    /// A condition or a barrier.
    pub(crate) fn object(number: u8) -> Self {
        Self(i32::from(number) << 4)
    }

    /// An element of a futex.
    pub(crate) fn futex(number: u8, word: usize) -> Self {
        let word = i32::try_from(word).unwrap_or_default() + 1;
        Self(i32::from(number) << 4 | (word & 0xffff) << 12)
    }

    /// The mutex that a thread waits to get back after its signal.
    pub(crate) fn urgent(mutex: u8) -> Self {
        Self(i32::from(mutex) << 4 | URGENT)
    }

    /// The number of the object.
    pub(crate) fn number(self) -> u8 {
        u8::try_from(self.0 >> 4 & 0xff).unwrap_or_default()
    }

    pub(crate) fn is_urgent(self) -> bool {
        self.0 & URGENT != 0
    }
}

impl State {
    /// What a thread sleeps on, if it sleeps, and its place in that queue from 1.
    pub(crate) fn bed(&self, program: &Program, thread: usize) -> Option<(Bed, i32)> {
        let word = self.word(program.layout.sleep? + thread);
        (word != 0).then_some((Bed(word & !PLACE), word & PLACE))
    }

    /// The threads in a bed, the first one first.
    pub(crate) fn sleepers(&self, program: &Program, bed: Bed) -> Vec<usize> {
        let mut found = Vec::new();
        for place in 1..=program.threads.len() {
            let place = i32::try_from(place).unwrap_or_default();
            let is = |&it: &usize| self.bed(program, it) == Some((bed, place));
            found.extend((0..program.threads.len()).find(is));
        }
        found
    }

    /// Puts a thread at the end of a queue.
    pub(super) fn sleep(&mut self, program: &Program, thread: usize, bed: Bed) {
        let n = (0..program.threads.len())
            .filter(|&it| self.bed(program, it).is_some_and(|it| it.0 == bed))
            .count();
        if let Some(first) = program.layout.sleep {
            let place = i32::try_from(n + 1).unwrap_or_default() & PLACE;
            self.set_word(first + thread, bed.0 | place);
        }
    }

    /// Takes a thread out of its queue; those behind it move up.
    pub(super) fn wake(&mut self, program: &Program, thread: usize) {
        let (Some(first), Some((bed, place))) = (program.layout.sleep, self.bed(program, thread))
        else {
            return;
        };
        self.set_word(first + thread, 0);
        for other in 0..program.threads.len() {
            if self.bed(program, other).is_some_and(|it| it.0 == bed && place < it.1) {
                let word = self.word(first + other);
                self.set_word(first + other, word - 1);
            }
        }
    }
}
