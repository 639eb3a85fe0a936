/**
 * The fair comparison of update rules: what is trained, what came out, and the tables of it. It may
 * import checkpoint (the lease of its directory), report and configuration, and trains nothing
 * itself.
 */
package normuon.job.study;
