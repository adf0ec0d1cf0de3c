//! What can be said of periodic tasks before they run: utilisation, bounds, response times, demand.
//!
//! Everything that decides is done in whole numbers. Only the numbers that are shown are floats,
//! and they use nothing but sums, products and quotients, so that every target gets the same bits.

use super::periodic::Task;

/// Longest stretch over which [`demand`] adds up work, in ticks.
pub(super) const DEMAND_MAX: u64 = 100_000;

/// Least common multiple of all periods: the schedule repeats after it. At most 10 tasks with
/// periods to 1,000, so that it fits.
pub(super) fn hyperperiod(tasks: &[Task]) -> u128 {
    let lcm = |one: u128, two: u128| one / gcd(one, two) * two;
    tasks.iter().fold(1, |so_far, task| lcm(so_far, u128::from(task.period_ticks)))
}

fn gcd(one: u128, two: u128) -> u128 {
    if two == 0 { one } else { gcd(two, one % two) }
}

/// Work that all tasks release in one hyperperiod, in ticks.
pub(super) fn work(tasks: &[Task]) -> u128 {
    let hyperperiod = hyperperiod(tasks);
    let part = |task: &Task| {
        u128::from(task.compute_ticks) * (hyperperiod / u128::from(task.period_ticks))
    };
    tasks.iter().map(part).sum()
}

/// Share of the CPU that the tasks ask for; above 1 if it is too much.
pub(super) fn utilisation(tasks: &[Task]) -> f64 {
    work(tasks) as f64 / hyperperiod(tasks) as f64
}

/// Whether the tasks ask for more than the whole CPU. Exact.
pub(super) fn overloaded(tasks: &[Task]) -> bool {
    hyperperiod(tasks) < work(tasks)
}

/// Whether every deadline is the end of the period.
pub(super) fn implicit(tasks: &[Task]) -> bool {
    tasks.iter().all(|task| task.deadline() == task.period_ticks)
}

/// Whether every task is first released at 0.
pub(super) fn together(tasks: &[Task]) -> bool {
    tasks.iter().all(|task| task.offset_ticks == 0)
}

/// n(2^(1/n) - 1): up to this utilisation n tasks always meet their deadlines under
/// rate-monotonic priorities. The root is found by Newton's steps from 1 + 1/n, which is
/// never below it.
pub(super) fn liu_layland_bound(n: usize) -> f64 {
    let mut root = 1.0 + 1.0 / n as f64;
    for _ in 0..20 {
        let below = (1..n).fold(1.0, |power, _| power * root);
        root -= (below * root - 2.0) / (n as f64 * below);
    }
    n as f64 * (root - 1.0)
}

/// Product of (U + 1) over all tasks: up to 2 they meet their deadlines under rate-monotonic
/// priorities.
pub(super) fn hyperbolic_product(tasks: &[Task]) -> f64 {
    tasks.iter().fold(1.0, |product, task| product * (task.share() + 1.0))
}

/// Whether [`hyperbolic_product`] is at most 2. Exact.
pub(super) fn hyperbolic_holds(tasks: &[Task]) -> bool {
    let sums = tasks.iter().map(|it| u128::from(it.compute_ticks + it.period_ticks)).product();
    let periods: u128 = tasks.iter().map(|it| u128::from(it.period_ticks)).product();
    let sums: u128 = sums;
    sums <= 2 * periods
}

/// The worst response of one task under fixed priorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    /// Windows tried, the first the task's own work. The last two are equal if it meets its
    /// deadline; if not, the last is the first one past the deadline.
    pub windows: Vec<u64>,
    /// Whether the worst response is within the deadline.
    pub meets: bool,
}

impl Response {
    /// The worst response; a lower bound of it if the deadline is not met.
    pub(super) fn ticks(&self) -> u64 {
        self.windows.last().copied().unwrap_or_default()
    }
}

/// Response-time analysis of task `at`, released together with all tasks that come before it in
/// `order`. Takes at most one step per tick of the deadline.
pub(super) fn response(tasks: &[Task], order: &[usize], at: usize) -> Response {
    let mut windows = vec![tasks[at].compute_ticks];
    let mut window = tasks[at].compute_ticks;
    while window <= tasks[at].deadline() {
        let next = tasks[at].compute_ticks
            + above(order, at).map(|it| tasks[it].released_work(window)).sum::<u64>();
        windows.push(next);
        if next == window {
            return Response { windows, meets: true };
        }
        window = next;
    }
    Response { windows, meets: false }
}

/// The tasks of higher priority than `at`.
pub(super) fn above(order: &[usize], at: usize) -> impl Iterator<Item = usize> {
    order.iter().copied().take_while(move |&it| it != at)
}

/// Whether earliest deadline first meets every deadline of tasks released together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// It does.
    Fits,
    /// The tasks ask for more than the CPU.
    Overload,
    /// Work due by `by` is more than `by`.
    Exceeds {
        /// The first such deadline.
        by: u64,
        /// Work due by then.
        ticks: u64,
    },
    /// The busy stretch is longer than [`DEMAND_MAX`].
    Unknown,
}

/// Adds up the work due by every deadline in the first busy stretch. Exact where it answers.
pub(super) fn demand(tasks: &[Task]) -> Demand {
    if overloaded(tasks) {
        return Demand::Overload;
    }
    if implicit(tasks) {
        return Demand::Fits;
    }
    let mut busy: u64 = tasks.iter().map(|task| task.compute_ticks).sum();
    loop {
        let next = tasks.iter().map(|task| task.released_work(busy)).sum();
        if next == busy {
            break;
        }
        if DEMAND_MAX < next {
            return Demand::Unknown;
        }
        busy = next;
    }
    for by in 1..=busy {
        let ticks = tasks.iter().map(|task| task.due_work(by)).sum();
        if by < ticks {
            return Demand::Exceeds { by, ticks };
        }
    }
    Demand::Fits
}

#[cfg(test)]
mod tests {
    use super::{hyperbolic_holds, hyperbolic_product, liu_layland_bound, utilisation};
    use crate::cpu::periodic::Task;

    fn tasks(rows: &[(u64, u64)]) -> Vec<Task> {
        rows.iter().map(|&(compute, period)| Task::plain(compute, period)).collect()
    }

    #[test]
    fn the_bound_of_liu_and_layland_is_exact_to_six_digits() {
        let known = [
            1.0, 0.828427, 0.779763, 0.756828, 0.743492, 0.734772, 0.728627, 0.724062, 0.720538,
            0.717735,
        ];
        for (n, want) in (1..).zip(known) {
            assert!((liu_layland_bound(n) - want).abs() < 1e-6, "{n}: {}", liu_layland_bound(n));
        }
        // It falls towards the natural logarithm of 2.
        assert!((liu_layland_bound(100_000) - std::f64::consts::LN_2).abs() < 1e-5);
    }

    #[test]
    fn utilisation_and_hyperbolic_product_of_the_reference_sets() {
        let close = |one: f64, two: f64| (one - two).abs() < 1e-6;
        let easy = tasks(&[(2, 5), (2, 10), (3, 20)]);
        assert!(close(utilisation(&easy), 0.75) && close(hyperbolic_product(&easy), 1.932));
        assert!(hyperbolic_holds(&easy));
        let tight = tasks(&[(3, 6), (2, 8), (2, 12)]);
        assert!(close(utilisation(&tight), 11.0 / 12.0));
        assert!(close(hyperbolic_product(&tight), 2.1875) && !hyperbolic_holds(&tight));
        // Exactly 2 is still inside.
        assert!(hyperbolic_holds(&tasks(&[(1, 1)])));
    }
}
