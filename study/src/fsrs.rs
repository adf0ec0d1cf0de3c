//! FSRS-6: how a memory fades, and what a repetition does to it.
//!
//! Three numbers describe a memory. Stability is the number of days after which it is recalled nine
//! times in ten. Difficulty goes from 1 to 10. Retrievability is the chance to recall it now, and
//! follows from stability and the days since the last look. The formulas are those that the
//! open-spaced-repetition project publishes, with its default weights. What fits the weights to one
//! learner's history is left out: it needs hundreds of answers, and the defaults serve until then.
//! Whole days go in and come out, so a rating on the same day is a case of its own, and intervals are
//! not spread by chance.

use crate::Rating;

/// The share of due cards that should be recalled.
pub const RETENTION: f64 = 0.9;

/// The longest wait, in days.
const DAYS_MAX: f64 = 36_500.0;

const STABILITY_MIN: f64 = 0.001;

/// What is remembered of one card.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// Days after which it is recalled nine times in ten.
    pub stability: f64,
    /// From 1, easy, to 10.
    pub difficulty: f64,
}

/// The formulas with their weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    weights: [f64; 21],
}

impl Default for Model {
    fn default() -> Self {
        let weights = [
            0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
            1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
        ];
        Self { weights }
    }
}

impl Model {
    /// The memory after the first rating.
    #[must_use]
    pub fn first(&self, rating: Rating) -> Memory {
        let stability = self.weights[rating.number() - 1].max(STABILITY_MIN);
        Memory { stability, difficulty: self.first_difficulty(rating).clamp(1.0, 10.0) }
    }

    /// The memory after a rating that comes `days` after the one before.
    #[must_use]
    pub fn next(&self, memory: Memory, days: u32, rating: Rating) -> Memory {
        let stability = memory.stability.clamp(STABILITY_MIN, DAYS_MAX);
        let memory = Memory { stability, ..memory };
        let chance = self.retrievability(days, stability);
        let stability = match (days, rating) {
            (0, _) => self.same_day(memory.stability, rating),
            (_, Rating::Again) => self.forgotten(memory, chance),
            _ => self.recalled(memory, chance, rating),
        };
        Memory {
            stability: stability.clamp(STABILITY_MIN, DAYS_MAX),
            difficulty: self.next_difficulty(memory.difficulty, rating),
        }
    }

    /// The chance to recall a memory of this stability after so many days.
    #[must_use]
    pub fn retrievability(&self, days: u32, stability: f64) -> f64 {
        let decay = -self.weights[20];
        (1.0 + self.factor() * f64::from(days) / stability.max(STABILITY_MIN)).powf(decay)
    }

    /// Days until the chance to recall has fallen to `retention`; at least one.
    #[must_use]
    pub fn interval(&self, stability: f64, retention: f64) -> u32 {
        let decay = -self.weights[20];
        let days = stability / self.factor() * (retention.powf(1.0 / decay) - 1.0);
        days.round().clamp(1.0, DAYS_MAX) as u32
    }

    /// Such that nine in ten are recalled when as many days have passed as the stability says.
    fn factor(&self) -> f64 {
        0.9_f64.powf(-1.0 / self.weights[20]) - 1.0
    }

    fn first_difficulty(&self, rating: Rating) -> f64 {
        let grade = rating.grade();
        self.weights[4] - (self.weights[5] * (grade - 1.0)).exp() + 1.0
    }

    /// The harder a card is already, the less a bad rating adds; and all drift towards an easy card.
    fn next_difficulty(&self, difficulty: f64, rating: Rating) -> f64 {
        let change = -self.weights[6] * (rating.grade() - 3.0);
        let next = difficulty + change * (10.0 - difficulty) / 9.0;
        let drift = self.weights[7];
        let next = drift * self.first_difficulty(Rating::Easy) + (1.0 - drift) * next;
        next.clamp(1.0, 10.0)
    }

    fn recalled(&self, memory: Memory, chance: f64, rating: Rating) -> f64 {
        let Memory { stability, difficulty } = memory;
        let w = &self.weights;
        let by_rating = match rating {
            Rating::Hard => w[15],
            Rating::Easy => w[16],
            Rating::Again | Rating::Good => 1.0,
        };
        let gain = w[8].exp()
            * (11.0 - difficulty)
            * stability.powf(-w[9])
            * ((w[10] * (1.0 - chance)).exp() - 1.0)
            * by_rating;
        stability * (1.0 + gain)
    }

    fn forgotten(&self, memory: Memory, chance: f64) -> f64 {
        let Memory { stability, difficulty } = memory;
        let w = &self.weights;
        let left = w[11]
            * difficulty.powf(-w[12])
            * ((stability + 1.0).powf(w[13]) - 1.0)
            * (w[14] * (1.0 - chance)).exp();
        // No more than a slip on the same day would leave.
        left.min(stability / (w[17] * w[18]).exp())
    }

    /// Who knows a card again on the same day has learned little; who does not, has not forgotten all.
    fn same_day(&self, stability: f64, rating: Rating) -> f64 {
        let w = &self.weights;
        let change = (w[17] * (rating.grade() - 3.0 + w[18])).exp() * stability.powf(-w[19]);
        match rating {
            Rating::Again => stability * change,
            Rating::Hard | Rating::Good | Rating::Easy => stability * change.max(1.0),
        }
    }
}

/// Vectors: the tests of ts-fsrs (`packages/fsrs/__tests__/FSRS-6.test.ts` and `algorithm.test.ts`),
/// and of fsrs-rs (`src/inference.rs`), from which ts-fsrs has the memory states.
#[cfg(test)]
mod tests {
    use super::{Memory, Model, RETENTION};
    use crate::Rating;

    fn assert_near(found: &[f64], wanted: &[f64], within: f64) {
        let is_near = found.len() == wanted.len()
            && found.iter().zip(wanted).all(|(one, other)| (one - other).abs() < within);
        assert!(is_near, "{found:?} is not {wanted:?}");
    }

    #[test]
    fn the_first_rating_is_that_of_the_reference() {
        let first = Rating::ALL.map(|it| Model::default().first(it));
        assert_near(&first.map(|it| it.stability), &[0.212, 1.2931, 2.3065, 8.2956], 1e-8);
        assert_near(
            &first.map(|it| it.difficulty),
            &[6.4133, 5.112_170_71, 2.118_103_97, 1.0],
            1e-8,
        );
    }

    #[test]
    fn the_memory_fades_as_in_the_reference() {
        let chances = [0, 1, 2, 3].map(|days| Model::default().retrievability(days, 1.0));
        assert_near(&chances, &[1.0, 0.9, 0.845_884_65, 0.809_388_1], 1e-8);
        assert_near(&[Model::default().retrievability(8, 8.2956)], &[0.902_473_3], 1e-7);
    }

    #[test]
    fn difficulty_moves_as_in_the_reference() {
        let next = Rating::ALL.map(|it| Model::default().next_difficulty(5.0, it));
        assert_near(&next, &[8.341_762_37, 6.665_995_36, 4.990_228_37, 3.314_461_37], 1e-8);
    }

    #[test]
    fn stability_moves_as_in_the_reference() {
        let model = Model::default();
        let at = |n: usize| {
            let difficulty = [1.0, 2.0, 3.0, 4.0][n];
            (Memory { stability: 5.0, difficulty }, [0.9, 0.8, 0.7, 0.6][n], Rating::ALL[n])
        };
        let recalled = [0, 1, 2, 3].map(at).map(|(it, chance, by)| model.recalled(it, chance, by));
        assert_near(&recalled, &[25.602_521_18, 28.226_570_96, 58.655_991_07, 127.226_692_5], 1e-7);
        let forgotten = [0, 1, 2, 3].map(at).map(|(it, chance, _)| model.forgotten(it, chance));
        assert_near(&forgotten, &[1.052_539_61, 1.189_432_95, 1.368_083_87, 1.584_988_96], 1e-8);
        let same_day = Rating::ALL.map(|by| model.same_day(5.0, by));
        assert_near(&same_day, &[1.596_818, 5.0, 5.0, 8.129_609_56], 1e-8);
    }

    #[test]
    fn a_history_leaves_the_memory_of_the_reference() {
        let days = [0, 0, 1, 3, 8, 21];
        let ratings =
            [Rating::Again, Rating::Good, Rating::Good, Rating::Good, Rating::Good, Rating::Good];
        let last = |model: Model| {
            let first = model.first(ratings[0]);
            let steps = ratings.into_iter().zip(days).skip(1);
            steps.fold(first, |memory, (rating, days)| model.next(memory, days, rating))
        };
        let with = last(Model::default());
        assert_near(&[with.stability, with.difficulty], &[53.626_91, 6.357_486_7], 1e-4);
        let mut without = Model::default();
        without.weights[17..20].fill(0.0);
        let without = last(without);
        assert_near(&[without.stability, without.difficulty], &[53.335_106, 6.357_486_7], 1e-4);
    }

    #[test]
    fn intervals_are_those_of_the_reference() {
        let intervals =
            (2..=10).map(|tenth| Model::default().interval(1.0, f64::from(tenth) / 10.0));
        assert_eq!(intervals.collect::<Vec<_>>(), [34_793, 2_508, 387, 90, 27, 9, 3, 1, 1]);
        assert_eq!(Model::default().interval(1.0, 0.1), 36_500, "the longest wait");
        assert_eq!(Model::default().interval(8.2956, RETENTION), 8);
    }

    #[test]
    fn whatever_is_kept_a_memory_stays_within_its_bounds() {
        for stability in [0.0, 1e-9, 0.3, 36_500.0, 1e12] {
            for difficulty in [1.0, 5.5, 10.0] {
                for days in [0, 1, 400, u32::MAX] {
                    for rating in Rating::ALL {
                        let memory = Memory { stability, difficulty };
                        let next = Model::default().next(memory, days, rating);
                        assert!(
                            (0.001..=36_500.0).contains(&next.stability),
                            "{memory:?} {next:?}"
                        );
                        assert!((1.0..=10.0).contains(&next.difficulty), "{memory:?} {next:?}");
                    }
                }
            }
        }
    }
}
