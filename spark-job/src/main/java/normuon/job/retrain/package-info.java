/**
 * Lines of models: one model after the other, each trained from the one before on the rows that
 * came since, and promoted if it is no worse. It may import {@code normuon.job.train} and what
 * stands below that.
 */
package normuon.job.retrain;
