//! The time, as it is given from outside.

/// The hour, by the learner's clock, at which a new day of study begins: who learns after midnight is
/// still in the evening before.
pub const DAY_STARTS_HOUR: i64 = 4;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// A moment, and the learner's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Seconds since the start of 1970, UTC.
    pub seconds: i64,
    /// Minutes by which the learner's clock is ahead of UTC.
    pub ahead_minutes: i64,
}

impl Now {
    /// The day of study, counted from the first one of 1970.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.day_of(self.seconds)
    }

    /// The day of study of another moment, by the clock of now.
    #[must_use]
    pub const fn day_of(self, seconds: i64) -> i64 {
        let ahead = self.ahead_minutes.saturating_mul(60);
        seconds.saturating_add(ahead).saturating_sub(DAY_STARTS_HOUR * HOUR).div_euclid(DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::Now;

    #[test]
    fn a_day_begins_at_four_by_the_clock_of_the_learner() {
        let at = |hour: i64, ahead: i64| {
            Now { seconds: 20_000 * 86_400 + hour * 3_600, ahead_minutes: ahead * 60 }.day()
        };
        assert_eq!([at(0, 0), at(3, 0), at(4, 0), at(27, 0)], [19_999, 19_999, 20_000, 20_000]);
        // Two hours ahead, it is four when it is two in UTC.
        assert_eq!([at(1, 2), at(2, 2)], [19_999, 20_000]);
        assert_eq!([at(8, -5), at(9, -5)], [19_999, 20_000]);
        assert!(Now { seconds: i64::MAX, ahead_minutes: i64::MAX }.day() > 0);
    }
}
