/**
 * Looks at a cluster before any work: whether every rank has what it needs, is what the others are,
 * and reaches what it must. It may import all of the job but the command line.
 */
package normuon.job.preflight;
