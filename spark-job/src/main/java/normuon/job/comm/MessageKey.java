package normuon.job.comm;

/**
 * What a rank waits for: one bucket of what one rank sends in one call.
 *
 * @param source the rank that sends
 * @param call the call it belongs to
 * @param bucket which bucket of it, from 0
 */
record MessageKey(int source, Call call, int bucket) {}
