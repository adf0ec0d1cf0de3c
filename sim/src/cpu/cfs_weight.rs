//! The weights of the 40 nice values, and what they do to virtual time.

use super::jobs::Job;

/// Weight of nice 0.
pub(super) const NICE_0: u64 = 1024;

/// Linux's table, nice -20 first: about a quarter more for each step down, so that one step is
/// worth about a tenth of the CPU between two jobs.
const WEIGHTS: [u64; 40] = [
    88_761, 71_755, 56_483, 46_273, 36_291, 29_154, 23_254, 18_705, 14_949, 11_916, 9_548, 7_620,
    6_100, 4_904, 3_906, 3_121, 2_501, 1_991, 1_586, 1_277, 1_024, 820, 655, 526, 423, 335, 272,
    215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
];

/// The weight of a job.
pub(super) fn weight(job: &Job) -> u64 {
    let row = usize::try_from(job.nice + 20).unwrap_or_default();
    WEIGHTS.get(row).copied().unwrap_or(NICE_0)
}

/// What a stretch of real time adds to the virtual time of a job of this weight, rounded down.
pub(super) fn virtual_time(real: u64, weight: u64) -> i64 {
    let scaled = u128::from(real) * u128::from(NICE_0) / u128::from(weight.max(1));
    i64::try_from(scaled).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{WEIGHTS, virtual_time};

    #[test]
    fn each_step_of_nice_is_about_a_quarter() {
        assert_eq!((WEIGHTS[0], WEIGHTS[15], WEIGHTS[20], WEIGHTS[39]), (88_761, 3_121, 1_024, 15));
        for pair in WEIGHTS.windows(2) {
            let ratio = pair[0] as f64 / pair[1] as f64;
            assert!((1.19..1.29).contains(&ratio), "{pair:?}");
        }
    }

    #[test]
    fn three_milliseconds_at_nice_minus_five_are_less_than_one_virtual_one() {
        assert_eq!(virtual_time(3_000_000, 3_121), 984_299);
        assert_eq!(virtual_time(3_000_000, 1_024), 3_000_000);
    }
}
