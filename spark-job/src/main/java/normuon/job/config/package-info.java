/**
 * The typed configuration of a run: records, defaults, loading and validation. It knows no sibling.
 */
package normuon.job.config;
