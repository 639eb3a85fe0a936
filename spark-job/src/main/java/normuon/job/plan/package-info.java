/**
 * What a run needs of a cluster, told before it starts: owners, memory, bytes on the network, time.
 * It evaluates formulas over the plan of {@code normuon.job.train} and starts nothing.
 */
package normuon.job.plan;
