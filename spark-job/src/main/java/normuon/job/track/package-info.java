/**
 * A run in the trackers that others wrote: TensorBoard's event files and MLflow. It may import
 * {@code normuon.job.report} and {@code normuon.job.config}.
 */
package normuon.job.track;
