/**
 * Measurements of the machine and of the optimizer on it, without a run. It may import what the
 * model and the optimizer offer, and no sibling.
 */
package normuon.job.bench;
