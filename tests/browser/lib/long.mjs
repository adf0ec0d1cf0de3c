// A scheduler with as many jobs as its form takes.
/** The schedulers of a single CPU: one form of jobs for all. */
export const SCHEDULERS = ["fcfs", "sjf", "srtf", "round_robin", "priority", "multilevel_queue", "mlfq", "lottery", "stride", "cfs", "eevdf"].map((name) => `sim/cpu/${name}.html`);

/** The address of a scheduler with many jobs of a few ticks, which come one after the other. */
export const longLink = (path, nJobs) => `${path}#v=1&jobs=${Array.from({ length: nJobs }, (_, n) => `J${n + 1}:${n % 50}:${5 + (n % 7)}`).join(",")}`;
